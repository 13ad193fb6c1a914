from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from tasks.data.contract import load_contract
from tasks.data.window import Window
from tasks.errors import ContractError, RegistryError, SettingsError
from tasks.monitoring.predictions import scoring
from tasks.monitoring.predictions.log import PREDICTION, ROW_KEY, SNAPSHOT, open_log
from tasks.monitoring.predictions.run import Asked, score_alone
from tasks.monitoring.predictions.scoring import Scoring
from tasks.release.artifact import load_artifact
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.release.ledger.work_records import Scored
from tasks.settings import Settings
from tasks.spec import load_spec

AS_OF = datetime(2024, 2, 15, tzinfo=UTC)
START = AS_OF - timedelta(days=5)
Score = Callable[..., Scoring]
Edit = Callable[[str, str, str], None]


@pytest.fixture
def score(settings: Settings) -> Score:
    """Score what is in the source by ``as_of``."""

    def run(start: datetime | None = START, end: datetime | None = None, as_of: datetime = AS_OF) -> Scoring:
        spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
        with score_alone(spec, contract, settings, asked=Asked(start, end, as_of)) as given:
            return scoring.score(given)

    return run


def logged(settings: Settings, audience: str = "served", version: int = 1, as_of: datetime = AS_OF) -> pa.Table:
    log = open_log(settings, "returns", audience, version)  # type: ignore[arg-type]
    columns = ["order", "ordered_at", PREDICTION, ROW_KEY, SNAPSHOT]
    found = log.read(Window(None, AS_OF), columns, timestamp="ordered_at", as_of=as_of)
    assert found is not None
    return found


def files(settings: Settings) -> dict[Path, int]:
    place = settings.of("returns") / "predictions"
    return {path: path.stat().st_mtime_ns for path in place.rglob("*") if path.is_file()}


def kinds(settings: Settings) -> list[str]:
    return [entry.kind for entry in Ledger(settings.ledger).entries("returns")]


@pytest.mark.usefixtures("champion")
def test_the_champion_scores_every_row_of_the_window_once(score: Score, settings: Settings, orders: pa.Table) -> None:
    found = score()

    rows = logged(settings)
    inside = pc.and_(pc.greater_equal(orders["ordered_at"], START), pc.less(orders["ordered_at"], AS_OF))
    wanted = orders.filter(inside)
    champion = standing(Ledger(settings.ledger).entries("returns")).champion
    assert champion is not None
    model = load_artifact(champion.artifact_uri, champion.artifact)
    assert (found.rows, found.made.served.rows, found.quarantined) == (250, 250, 0)
    assert rows["order"].to_pylist() == wanted["order"].to_pylist()
    assert np.array_equal(rows[PREDICTION].to_numpy(), model.predict(wanted))
    assert set(rows[SNAPSHOT].to_pylist()) == {found.snapshot}


@pytest.mark.usefixtures("champion")
def test_a_scoring_stands_in_the_ledger_with_its_window_and_rows(score: Score, settings: Settings) -> None:
    found = score()

    last = Ledger(settings.ledger).entries("returns")[-1]
    assert last == found.made.entry
    assert last.what == Scored(1, START, AS_OF, 250, 0, found.snapshot)


@pytest.mark.usefixtures("champion")
def test_the_same_window_again_writes_no_file_and_no_entry(score: Score, settings: Settings) -> None:
    score()
    before = files(settings), kinds(settings)

    again = score(end=AS_OF, as_of=AS_OF + timedelta(days=3))

    assert (again.rows, again.made.served.rows, again.made.entry) == (250, 0, None)
    assert (files(settings), kinds(settings)) == before


@pytest.mark.usefixtures("champion")
def test_without_a_window_it_goes_on_where_the_last_scoring_ended(score: Score) -> None:
    first = score(None, None, AS_OF)
    second = score(None, None, AS_OF + timedelta(days=2))
    third = score(None, None, AS_OF + timedelta(days=2))

    assert first.window == Window(AS_OF - timedelta(days=1), AS_OF)
    assert (first.made.served.rows, second.made.served.rows, third.made.served.rows) == (50, 100, 0)
    assert second.window.start == AS_OF


@pytest.mark.usefixtures("champion")
def test_rows_that_come_late_are_added_to_those_that_are_there(
    score: Score, settings: Settings, project: Path, orders: pa.Table
) -> None:
    few = orders.filter(pa.array(np.arange(len(orders)) % 3 > 0))
    pyarrow.csv.write_csv(few, project / "orders.csv")
    first = score()
    pyarrow.csv.write_csv(orders, project / "orders.csv")

    second = score()

    assert first.made.served.rows + second.made.served.rows == 250
    assert sorted(logged(settings)["order"].to_pylist()) == orders["order"].to_pylist()[2000:2250]
    assert kinds(settings)[-2:] == ["scoring", "scoring"]


@pytest.mark.usefixtures("champion")
def test_rows_that_break_the_contract_are_counted_with_the_rule_and_not_scored(
    score: Score, settings: Settings, project: Path, orders: pa.Table
) -> None:
    broken = pa.array(np.arange(len(orders)) % 50 == 0)
    price = pc.if_else(broken, -1.0, orders["price"])
    pyarrow.csv.write_csv(orders.set_column(3, "price", price), project / "orders.csv")

    found = score()

    assert (found.rows, found.quarantined, found.failures) == (245, 5, {"price: not greater_than(0)": 5})
    assert not set(logged(settings)["order"].to_pylist()) & set(range(0, 3000, 50))


@pytest.mark.usefixtures("champion")
def test_a_row_that_is_there_twice_is_scored_once_and_counted(
    score: Score, settings: Settings, project: Path, orders: pa.Table
) -> None:
    pyarrow.csv.write_csv(pa.concat_tables([orders, orders.slice(2100, 40)]), project / "orders.csv")

    found = score()

    assert (found.rows, found.repeated) == (250, 40)
    assert len(set(logged(settings)[ROW_KEY].to_pylist())) == logged(settings).num_rows == 250


@pytest.mark.usefixtures("champion")
def test_rows_whose_outcomes_are_unknown_or_broken_are_scored_all_the_same(
    score: Score, project: Path, orders: pa.Table, edit: Edit
) -> None:
    first = score()
    rule = "\n    @pa.dataframe_check\n    def refunded(cls, rows):\n        return rows['refund'] <= rows['price']\n"
    edit("data_contracts/returns.py", '"role": "outcome"})\n    returned', f'"role": "outcome"}})\n{rule}    returned')
    lost = orders.set_column(5, "refund", pa.array(["lost"] * len(orders))).drop_columns("returned")
    pyarrow.csv.write_csv(lost, project / "orders.csv")

    again = score()

    assert (again.rows, again.snapshot, again.quarantined) == (250, first.snapshot, 0)


@pytest.mark.usefixtures("champion")
def test_a_window_in_which_a_column_is_empty_is_scored(score: Score, project: Path, orders: pa.Table) -> None:
    pyarrow.csv.write_csv(orders.set_column(4, "weight", pa.nulls(len(orders), pa.float64())), project / "orders.csv")

    assert score().rows == 250


@pytest.mark.usefixtures("champion")
def test_a_window_without_rows_changes_nothing(score: Score, settings: Settings) -> None:
    before = kinds(settings)
    late = AS_OF + timedelta(days=300)

    found = score(late - timedelta(days=1), None, late)

    assert (found.rows, found.made.served.rows, found.made.entry) == (0, 0, None)
    assert kinds(settings) == before


@pytest.mark.usefixtures("champion")
def test_batches_give_what_one_piece_gives(score: Score, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH_ROWS", 64)

    found = score()

    assert found.made.served.rows == 250
    assert sorted(logged(settings)["order"].to_pylist()) == list(range(2000, 2250))
    assert len([path for path in files(settings) if path.name.startswith("part-")]) == 8  # 5 days, 3 cut in two


@pytest.mark.usefixtures("champion")
def test_a_new_champion_scores_what_the_one_before_has_scored(
    score: Score, settings: Settings, propose: Callable[[int], None], promote: Callable[[int], None]
) -> None:
    score()
    propose(2)
    promote(2)

    found = score()

    assert (found.made.served.version, found.made.served.rows) == (2, 250)
    assert logged(settings, version=1).num_rows == logged(settings, version=2).num_rows == 250


@pytest.mark.usefixtures("champion")
def test_the_newest_proposal_scores_in_the_shadow_where_the_spec_says_so(
    score: Score, settings: Settings, propose: Callable[[int], None], edit: Edit
) -> None:
    propose(2)
    propose(3)
    assert score().made.shadow is None
    edit("deployments/returns.toml", "[gate]", "[scoring]\nshadow = true\n\n[gate]")

    found = score()

    assert found.made.shadow is not None
    assert (found.made.shadow.version, found.made.shadow.rows, found.made.served.rows) == (3, 250, 0)
    assert logged(settings, "shadow", 3).num_rows == 250


def test_without_a_champion_it_says_what_to_do(score: Score) -> None:
    with pytest.raises(RegistryError, match=r"returns: there is no champion to score with; .*perennial train returns"):
        score()


@pytest.mark.usefixtures("champion")
@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (START, AS_OF + timedelta(days=1), "to: found 2024-02-16; allowed: at most as-of, 2024-02-15"),
        (AS_OF, START, "from: found 2024-02-15; allowed: before 2024-02-10"),
    ],
)
def test_a_window_that_cannot_be_is_refused(score: Score, start: datetime, end: datetime, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        score(start, end)


@pytest.mark.usefixtures("champion")
def test_a_contract_without_a_column_that_the_champion_reads_is_refused(score: Score, edit: Edit) -> None:
    edit("data_contracts/returns.py", "    weight: Series[float] = pa.Field(nullable=True, ge=0)\n", "")

    with pytest.raises(ContractError, match="version 1 of returns reads weight: not among the columns"):
        score()
