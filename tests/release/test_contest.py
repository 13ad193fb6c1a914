from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from tasks.data.contract import load_contract
from tasks.data.ingestion import Prepared, ingest, prepare
from tasks.data.splits import Splits, split
from tasks.errors import ArtifactDamaged, ContractError, SpecError
from tasks.judgement.holdout import Holdout
from tasks.release.arena import Arena, enter
from tasks.release.artifact import load_artifact
from tasks.release.challenger import Challenger, Recipe, make_challenger
from tasks.release.choosing import choose, record_attempt, seen_keys
from tasks.release.contest import contest
from tasks.release.lineage import Lineage
from tasks.release.versions import Version
from tasks.settings import Settings
from tasks.spec import load_spec

Edit = Callable[[str, str, str], None]
AS_OF = datetime(2024, 3, 1, tzinfo=UTC)  # its holdout: 19 to 29 February, 50 orders a day
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Training:
    recipe: Recipe
    prepared: Prepared
    splits: Splits
    challenger: Challenger

    def as_version(self) -> Version:
        rows = self.prepared.rows
        lineage = Lineage(AS_OF, rows, rows, rows, self.splits, "", "", "", "", 1, "manual", None)
        return Version(self.recipe.spec.model, 4, self.challenger.artifact, lineage, "run")

    def meet(self, champion: "Training | None") -> Arena:
        rivals = (self.challenger, champion.as_version() if champion else None)
        return enter(self.prepared.rows, self.splits, self.recipe, rivals)

    def against(self, champion: "Training | None") -> Holdout:
        arena = self.meet(champion)
        return contest(arena, choose(arena))


@pytest.fixture
def train(settings: Settings, tmp_path: Path) -> Callable[..., Training]:
    """Train on what the project says now."""

    def run(as_of: datetime = AS_OF) -> Training:
        spec = load_spec("returns", settings.specs)
        recipe = Recipe(spec, load_contract("returns", settings.contracts), 1)
        found = ingest(spec, recipe.contract, settings, as_of)
        prepared = prepare(found, spec, recipe.contract, folder=settings.of("returns"), as_of=as_of)
        splits = split(spec, as_of)
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        return Training(recipe, prepared, splits, make_challenger(prepared.rows, splits, recipe, folder))

    return run


def rewrite(project: Path, orders: pa.Table) -> None:
    pyarrow.csv.write_csv(orders, project / "orders.csv")


def days(first: float, last: float) -> set[int]:
    """The orders from the first to before the last day of 2024, both counted from 0: 50 a day, evenly."""
    return set(range(round(first * 50), round(last * 50)))


def day(number: int) -> datetime:
    return FIRST_DAY + timedelta(days=number)


def judges(held: Holdout, orders: Iterable[int]) -> bool:
    return len(held.labels) == len(held.days) == len(held.challenger) == len(held.baseline) == len(set(orders))


def test_without_a_champion_every_labelled_row_of_the_holdout_judges(train: Callable[..., Training]) -> None:
    held = train().against(None)

    assert judges(held, days(49, 59))
    assert (held.champion, held.champion_version, held.seen_rows_removed) == (None, None, 0)
    assert set(held.days - (FIRST_DAY - datetime(1970, 1, 1, tzinfo=UTC)).days) == set(range(49, 59))


def test_choosing_records_nothing_and_rows_wear_for_others_once_an_attempt_is_recorded(
    train: Callable[..., Training], edit: Edit, tmp_path: Path
) -> None:
    edit("deployments/returns.toml", "[gate]", "[gate]\nmax_uses = 1")
    trained, judged = train(), tmp_path / "judged"
    arena, against_another = trained.meet(None), trained.meet(trained)
    chosen = choose(arena, judged=judged)
    assert not judged.exists()

    for _ in range(2):
        record_attempt(arena, chosen, judged)

    again, worn = choose(arena, judged=judged), choose(against_another, judged=judged)
    assert (len(again.rows), again.worn, again.uses.max()) == (500, 0, 0)
    assert (len(worn.rows), worn.worn, len(worn.fresh)) == (0, 500, 500)


@pytest.mark.parametrize(
    ("champion_as_of", "seen"),
    [
        (day(60), set()),  # trained on the same rows: its validation ends before the holdout starts
        (day(45), set()),
        (day(61), set()),  # one day later: the gap of the label delay is used up to its last row
        (day(62), days(49, 50)),
        (day(70), days(49, 58)),  # all of it validation
        (day(76), days(49, 59)),  # some of it train
        (day(99), days(49, 59)),
    ],
)
def test_rows_that_the_champion_has_seen_are_taken_out_to_the_row(
    champion_as_of: datetime, seen: set[int], train: Callable[..., Training], project: Path, orders: pa.Table
) -> None:
    ahead = orders.set_column(0, "ordered_at", pc.add(orders["ordered_at"], pa.scalar(timedelta(days=60))))
    ahead = ahead.set_column(1, "order", pc.add(orders["order"], 3000))
    rewrite(project, pa.concat_tables([orders, ahead]))
    fresh = days(49, 59) - seen

    held = train().against(train(champion_as_of))

    assert held.seen_rows_removed == len(seen)
    assert judges(held, fresh)
    assert held.champion is not None
    assert len(held.champion) == len(fresh)


def test_rows_without_a_label_when_the_champion_was_trained_may_judge(
    train: Callable[..., Training], project: Path, orders: pa.Table
) -> None:
    late = pc.and_(pc.greater_equal(orders["order"], 2450), pc.less(orders["order"], 2480))
    rewrite(project, orders.set_column(6, "returned", pc.if_else(late, None, orders["returned"])))
    champion = train(day(60) + timedelta(days=5))
    rewrite(project, orders)

    held = train().against(champion)

    assert judges(held, (days(49, 59) - days(49, 53)) | set(range(2450, 2480)))


def test_rows_of_a_group_that_the_champion_left_out_may_judge(
    train: Callable[..., Training], project: Path, edit: Edit, orders: pa.Table
) -> None:
    # Customers order on one day, but every tenth order of the holdout's days is by one customer of train.
    order = np.arange(3000)
    customer = np.where((order >= 2450) & (order % 10 == 0), 7, order // 50 + 1000)
    rewrite(project, orders.append_column("customer", pa.array(np.where(order == 7, 7, customer))))
    edit("data_contracts/returns.py", "country:", "customer: Series[int]\n    country:")
    edit("deployments/returns.toml", "label_delay", 'group = "customer"\nlabel_delay')
    champion = train(day(65))
    challenger = train()

    held = challenger.against(champion)

    assert held.seen_rows_removed == 4 * 45  # 5 days to validate on, less the gap; customer 7's are in train
    assert judges(held, {number for number in days(53, 59) if number % 10})
    seen = seen_keys(champion.as_version(), champion.recipe.spec, since=0, like=pa.schema([("order", pa.int64())]))
    assert len(seen) == 53 * 50 - 4 * 5


def test_the_champion_is_scored_again_on_the_rows_that_judge(train: Callable[..., Training]) -> None:
    champion, challenger = train(day(50)), train()

    held = challenger.against(champion)

    same = challenger.against(challenger)
    assert held.champion is not None
    assert same.champion is not None
    np.testing.assert_array_equal(same.champion, same.challenger)
    assert not np.array_equal(held.champion, held.challenger)
    assert held.champion_version == "4"


def test_a_class_that_the_champion_does_not_know_has_no_probability(
    train: Callable[..., Training], project: Path, edit: Edit, orders: pa.Table
) -> None:
    edit("deployments/returns.toml", '"binary"', '"multiclass"')
    edit("deployments/returns.toml", '"roc_auc"', '"log_loss"')
    edit("deployments/returns.toml", '"returned"', '"country"')
    edit("deployments/returns.toml", 'slices = ["country"]', "")
    early = pc.less(orders["order"], 2000)
    germans_are_new = pc.if_else(pc.and_(early, pc.equal(orders["country"], "de")), "fr", orders["country"])
    rewrite(project, orders.set_column(2, "country", germans_are_new))

    champion, challenger = train(day(40)), train()
    held = challenger.against(champion)

    assert (champion.challenger.classes, challenger.challenger.classes) == (("fr", "it"), ("de", "fr", "it"))
    assert held.champion is not None
    assert held.champion[:, 0].tolist() == [0.0] * 500
    np.testing.assert_allclose(held.champion.sum(axis=1), 1)


def test_a_class_that_only_the_champion_knows_keeps_its_probability(
    train: Callable[..., Training], project: Path, edit: Edit, orders: pa.Table
) -> None:
    """The probability given to a class that has gone is lost to the others: they do not sum to 1."""
    edit("deployments/returns.toml", '"binary"', '"multiclass"')
    edit("deployments/returns.toml", '"roc_auc"', '"log_loss"')
    edit("deployments/returns.toml", '"returned"', '"country"')
    edit("deployments/returns.toml", 'slices = ["country"]', "")
    champion = train(day(40))
    edit("deployments/returns.toml", "[window]", '[window]\ntrain = "12d"')
    late = pc.and_(pc.greater(orders["order"], 1300), pc.equal(orders["country"], "de"))
    rewrite(project, orders.set_column(2, "country", pc.if_else(late, "fr", orders["country"])))

    held = train().against(champion)

    assert held.champion is not None
    assert held.champion.shape == held.challenger.shape == (500, 2)
    assert (held.champion.sum(axis=1) < 1).all()


def test_a_champion_that_reads_a_column_no_longer_in_the_contract_is_a_clear_refusal(
    train: Callable[..., Training], edit: Edit
) -> None:
    champion = train(day(50))
    edit("data_contracts/returns.py", "    weight: Series[float] = pa.Field(nullable=True, ge=0)\n", "")

    with pytest.raises(
        ContractError, match=r"the champion, version 4, reads weight: no longer among the columns of .*returns\.py"
    ):
        train().against(champion)


def test_a_champion_for_the_other_class_is_not_compared(
    train: Callable[..., Training], project: Path, edit: Edit, orders: pa.Table
) -> None:
    edit("data_contracts/returns.py", "returned: Series[bool]", "returned: Series[str]")
    edit("deployments/returns.toml", "seed = 1", 'seed = 1\npositive = "yes"')
    rewrite(project, orders.set_column(6, "returned", pc.if_else(orders["returned"], "yes", "no")))
    champion = train(day(50))
    edit("deployments/returns.toml", '"yes"', '"no"')

    with pytest.raises(SpecError, match="whether returned is 'yes', and this spec whether returned is 'no'"):
        train().against(champion)


def test_a_champion_for_another_target_is_a_clear_refusal(train: Callable[..., Training], edit: Edit) -> None:
    champion = train(day(70))
    edit("data_contracts/returns.py", "returned: Series[bool]", "came_back: Series[bool]")
    edit("deployments/returns.toml", '"returned"', '"came_back"')
    edit("orders.csv", '"returned"', '"came_back"')

    with pytest.raises(SpecError, match="predicts whether returned is True, and this spec whether came_back is True"):
        train().against(champion)


def test_rows_are_recognised_when_others_lack_a_part_of_the_key(
    train: Callable[..., Training], project: Path, edit: Edit, orders: pa.Table
) -> None:
    edit(
        "data_contracts/returns.py",
        "order: Series[int] = pa.Field(",
        "order: Series[int] = pa.Field(nullable=True, ",
    )
    champion = train(day(70))
    without_one = pc.if_else(pc.equal(orders["order"], 2920), None, orders["order"])
    rewrite(project, orders.set_column(1, "order", without_one))

    held = train().against(champion)

    assert held.seen_rows_removed == 450


def test_rows_are_recognised_after_the_key_became_text(train: Callable[..., Training], edit: Edit) -> None:
    champion = train(day(70))
    edit("data_contracts/returns.py", "order: Series[int] = pa.Field(ge=0)", "order: Series[str]")

    assert train().against(champion).seen_rows_removed == 450


@pytest.mark.parametrize(
    ("column", "new"),
    [
        ("weight: Series[float] = pa.Field(nullable=True, ge=0)", "weight: Series[str] = pa.Field(nullable=True)"),
        ('country: Series[str] = pa.Field(isin=["de", "fr", "it"])', "country: Series[str] = pa.Field()"),
        ("price: Series[float] = pa.Field(gt=0)", "price: Series[str]"),
    ],
)
def test_a_champion_reads_columns_whose_type_was_changed_as_it_learned_them(
    column: str, new: str, train: Callable[..., Training], edit: Edit
) -> None:
    champion = train(day(50))
    before = train().against(champion).champion
    edit("data_contracts/returns.py", column, new)

    after = train().against(champion).champion

    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(after, before)


def test_the_challenger_s_predictions_are_those_of_its_artifact(train: Callable[..., Training]) -> None:
    trained = train()
    artifact = trained.challenger.artifact

    with pytest.raises(ArtifactDamaged, match="registered was"):
        replace(trained, challenger=replace(trained.challenger, artifact=replace(artifact, digest="0"))).against(None)
    assert load_artifact(artifact.uri, artifact.digest).name == "returns"
