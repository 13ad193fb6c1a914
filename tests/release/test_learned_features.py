"""Features that learn from labels, all the way: from rows to a version that says in words what it goes by."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.contract import check_contract, load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.snapshot import Snapshot
from tasks.data.splits import split
from tasks.errors import SpecError
from tasks.release.arena import Arena, enter
from tasks.release.artifact import load_artifact, verify
from tasks.release.challenger import Challenger, Recipe, make_challenger
from tasks.release.judging import hear
from tasks.release.lineage import Lineage
from tasks.release.material import Material
from tasks.release.versions import Version
from tasks.release.warming import start_from
from tasks.settings import Settings
from tasks.spec import load_spec
from tests.conftest import make_orders

Edit = Callable[[str, str, str], None]
AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
FIELDS = """
    subject: Series[str] = pa.Field(nullable=True)
    merchant: Series[str]
    told_at: Series[pd.DatetimeTZDtype] = pa.Field(
        dtype_kwargs={"unit": "us", "tz": "UTC"}, nullable=True, metadata={"role": "outcome"}
    )
"""
SPEC, CONTRACT = "deployments/returns.toml", "data_contracts/returns.py"
LEARNED = '[features]\ntext = ["subject"]\ntarget_statistics = ["merchant"]\n\n[window]'


@pytest.fixture
def orders() -> pa.Table:
    """Orders of 300 merchants, some worse than others, whose subjects now and then ask for the money."""
    table, draw = make_orders(), np.random.default_rng(1)
    returned, rows = table["returned"].to_numpy(), table.num_rows
    worse = np.arange(300) / np.arange(300).sum()
    merchants = np.where(returned, draw.choice(300, rows, p=worse), draw.integers(0, 300, rows))
    asks = draw.random(rows) < np.where(returned, 0.5, 0.1)
    subjects = [
        f"order {n} of {'shoes' if n % 2 else 'boots'}{' refund now' if ask else ' parcel now'}"
        for n, ask in enumerate(asks)
    ]
    days = draw.integers(1, 9, rows).tolist()
    told = [at + timedelta(days=more) for at, more in zip(table["ordered_at"].to_pylist(), days, strict=True)]
    return (
        table.append_column("subject", pa.array(subjects, mask=draw.random(rows) < 0.02))
        .append_column("merchant", pa.array([f"M{n:04d}" for n in merchants]))
        .append_column("told_at", pa.array(told, pa.timestamp("us", "UTC")))
    )


@pytest.fixture(autouse=True)
def _asked(project: Path, edit: Edit) -> None:
    (project / CONTRACT).write_text((project / CONTRACT).read_text().rstrip() + FIELDS)
    edit(SPEC, "[window]", LEARNED)
    edit(SPEC, 'label_delay = "1d"', 'label_delay = "8d"\nlabel_time = "told_at"')


@pytest.fixture
def recipe(settings: Settings) -> Callable[[], Recipe]:
    def read() -> Recipe:
        spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
        check_contract(contract, spec)
        return Recipe(spec, contract, 1)

    return read


@pytest.fixture
def material(settings: Settings, recipe: Callable[[], Recipe]) -> Callable[[], Material]:
    def read() -> Material:
        made = recipe()
        found = ingest(made.spec, made.contract, settings, AS_OF)
        rows = prepare(found, made.spec, made.contract, folder=settings.of("returns"), as_of=AS_OF).rows
        return Material.read(rows, split(made.spec, AS_OF), made.spec, made.contract)

    return read


@pytest.fixture
def train(settings: Settings, recipe: Callable[[], Recipe], tmp_path: Path) -> Callable[..., tuple[Challenger, Arena]]:
    def run(name: str, as_of: datetime = AS_OF) -> tuple[Challenger, Arena]:
        made = recipe()
        found = ingest(made.spec, made.contract, settings, as_of)
        rows = prepare(found, made.spec, made.contract, folder=settings.of("returns"), as_of=as_of).rows
        splits = split(made.spec, as_of)
        challenger = make_challenger(rows, splits, made, tmp_path / name)
        return challenger, enter(rows, splits, made, (challenger, None))

    return run


def test_a_version_says_in_words_what_it_goes_by_and_is_made_again_to_the_byte(
    train: Callable[..., tuple[Challenger, Arena]],
) -> None:
    (one, arena), (other, _) = train("one"), train("other")

    heard = hear(arena, judged=None)

    assert one.artifact.digest == other.artifact.digest
    assert min(one.importance[name] for name in ("subject: words for returned", "merchant: share of returned")) > 0.03
    assert heard.explained.broken == ""
    told = str(heard.explained.rows)
    assert "subject: words for returned = " in told
    assert "[refund now +" in told or "[refund +" in told or "[now +" in told
    assert heard.found.leaks == ()
    verify(one.artifact.uri, one.artifact.digest)


@pytest.mark.parametrize("target", ["country", "price"])
def test_classes_and_amounts_are_learned_from_too(
    target: str, train: Callable[..., tuple[Challenger, Arena]], edit: Edit
) -> None:
    edit(SPEC, 'target = "returned"', f'target = "{target}"')
    edit(SPEC, 'task = "binary"', f'task = "{"multiclass" if target == "country" else "regression"}"')
    edit(SPEC, '"roc_auc"', '"log_loss"' if target == "country" else '"rmse"')
    edit(SPEC, 'slices = ["country"]', "")
    edit(CONTRACT, "isin=", "nullable=True, isin=")
    edit(CONTRACT, "gt=0", "nullable=True, gt=0")

    made, _ = train("run")
    names = [feature.name for feature in load_artifact(made.artifact.uri, made.artifact.digest).features.features]

    wanted = {
        "country": ["subject: words for de", "subject: words for it", "merchant: share of fr"],
        "price": ["subject: words for price", "merchant: mean price"],
    }
    assert set(names) >= {"subject: length", *wanted[target]}


def test_what_arrived_later_reaches_no_row_of_train(material: Callable[[], Material]) -> None:
    """Flip every label that had not arrived at a day: what was made of the rows before that day stays the same."""
    whole = material()
    features = whole.fit_features()
    place = features.columns_of("merchant").start
    made = whole.part("train", features).matrix.values[:, place]
    day = np.datetime64("2024-01-20T00:00", "us").astype(np.int64)
    told = whole.table.column("told_at").cast(pa.int64()).to_numpy()
    before = whole.table.column("ordered_at").cast(pa.int64()).to_numpy() < day

    labels = replace(whole.labels, values=np.where(told >= day, 1 - whole.labels.values, whole.labels.values))
    other = replace(whole, labels=labels)
    changed = other.part("train", features).matrix.values[:, place]

    early = before[whole.masks["train"]]
    assert (told[before] >= day).sum() > 100
    np.testing.assert_array_equal(changed[early], made[early])
    assert (changed[~early] != made[~early]).any()


def test_trees_begin_from_a_champion_by_its_own_vocabulary_and_by_what_train_says_now(
    train: Callable[..., tuple[Challenger, Arena]], material: Callable[[], Material], edit: Edit
) -> None:
    edit(SPEC, '[[candidates]]\nkind = "linear"', '[[candidates]]\nkind = "lightgbm"\nwarm_start = "continue"')
    made, arena = train("champion", AS_OF - timedelta(days=8))
    rows = Snapshot("", "", 0, None, None)
    lineage = Lineage(AS_OF, rows, rows, rows, arena.splits, "", "", "", "", 1, "manual", None)
    later = material()
    fresh = later.fit_features()

    start = start_from(Version("returns", 1, made.artifact, lineage, ""), later, fresh)

    assert start.against == ()
    assert start.warmth is not None
    assert start.champion is not None
    own = start.champion.features
    assert own.learned != fresh.learned
    place = own.columns_of("merchant").start  # in order of time it depends on the labels alone
    np.testing.assert_array_equal(
        start.warmth.train.matrix.values[:, place], later.part("train", fresh).matrix.values[:, place]
    )


def test_validation_and_holdout_are_encoded_by_what_was_known_when_train_ended(
    material: Callable[[], Material],
) -> None:
    whole = material()
    end = np.int64(whole.splits.train.end.timestamp() * 1e6)
    told = whole.table.column("told_at").cast(pa.int64()).to_numpy()
    labels = replace(whole.labels, values=np.where(told > end, 1 - whole.labels.values, whole.labels.values))

    fitted, changed = whole.fit_features(), replace(whole, labels=labels).fit_features()

    assert fitted.learned.statistics == changed.learned.statistics
    assert (
        fitted.learned.texts != changed.learned.texts
    )  # a label that came later is learned from, as every kind learns from it


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"subject"]', '"sujet"]', r"features.text: 'sujet' is not a column of .*returns.py"),
        ('"subject"]', '"price"]', r"features.text: found 'price', a double; allowed: a column of text"),
        ('"merchant"]', '"price"]', r"features.target_statistics: found 'price', a double; allowed: text, whole numb"),
        ('"merchant"]', '"order"]', r"found 'order', which says when or which a row is; allowed: a column that desc"),
        ('"merchant"]', '"refund"]', r"found 'refund'; allowed: a column known at prediction time: ordered_at, order"),
        (
            '"merchant"]',
            '"merchant", "merchant"]',
            r"features.target_statistics: found 'merchant'; allowed: each colum",
        ),
        ('"merchant"]', '"subject"]', r"features.target_statistics: found 'subject'; allowed: a column that is not in"),
    ],
)
def test_a_column_that_cannot_be_learned_from_so_is_refused_by_name(
    old: str, new: str, said: str, edit: Edit, material: Callable[[], Material]
) -> None:
    edit(SPEC, old, new)

    with pytest.raises(SpecError, match=said):
        material().fit_features()


def test_an_anomaly_has_no_labels_to_learn_words_from(edit: Edit, recipe: Callable[[], Recipe]) -> None:
    edit(SPEC, 'task = "binary"', 'task = "anomaly"')
    edit(
        SPEC,
        'kind = "linear"\n\n[[candidates]]\nkind = "lightgbm"\nrounds = 20\nleaves = 7',
        'kind = "isolation_forest"',
    )
    edit(SPEC, '"roc_auc"', '"precision_at@0.05"')

    with pytest.raises(SpecError, match=r"features.text: found 'subject'; allowed: none with task anomaly: they learn"):
        recipe()


def test_an_identifier_is_never_learned_from(edit: Edit, material: Callable[[], Material]) -> None:
    edit(CONTRACT, "merchant: Series[str]", 'merchant: Series[str] = pa.Field(metadata={"role": "identifier"})')

    with pytest.raises(
        SpecError, match="found 'merchant', an identifier by .*: never learned from; allowed: a feature"
    ):
        material().fit_features()


def test_feature_code_may_make_what_is_learned_from(
    edit: Edit, project: Path, material: Callable[[], Material]
) -> None:
    made = '\n\ndef features(rows):\n    return pd.DataFrame({"shop": rows["merchant"].str[:3]})\n'
    (project / CONTRACT).write_text((project / CONTRACT).read_text() + made)
    edit(SPEC, '"merchant"]', '"merchant", "shop"]')

    assert material().fit_features().learned.statistics[1].levels == ("M00", "M01", "M02")
