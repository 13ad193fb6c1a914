"""A model that looks at its customers' history lives through the loop: trained, scored, watched, made again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from flows.drift_detection import run_check
from flows.scoring import run_scoring
from flows.training import run_training
from tasks.data.conversion import conform
from tasks.data.history.contract import contract_of
from tasks.data.ingestion import ingest, prepare
from tasks.data.snapshot import load_snapshot
from tasks.monitoring.predictions.run import Asked
from tasks.monitoring.predictions.sheet import Sheet, fill
from tasks.release.artifact import load_artifact, read_sample
from tasks.release.ledger.book import Ledger
from tasks.release.proposing import Trained
from tasks.release.reproduction import reproduce
from tasks.release.signature import signature
from tasks.replay.audit import audit
from tasks.settings import Settings, load_settings
from tasks.spec import load_spec
from tests.conftest import CONTRACT, SPEC

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("reporting")]
FIRST, TRAINED = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 20, tzinfo=UTC)
NEXT = TRAINED + timedelta(days=7)
HISTORY = """
[[history]]
by = ["customer"]
of = "returned"
how = ["mean", "last"]
over = "30d"

[[history]]
by = ["customer"]
how = ["count", "days_since"]
over = ["2d", "14d"]

[promotion]
approval = "automatic"
"""
MADE = (
    "returned_mean_30d_by_customer",
    "returned_last_by_customer",
    "count_2d_by_customer",
    "count_14d_by_customer",
    "days_since_by_customer",
)


def orders_of_customers(rows: int = 3600, days: int = 60) -> pa.Table:
    """Return orders that come back for no other reason than whose they are."""
    draw = np.random.default_rng(5)
    who = draw.integers(0, 80, rows)
    returned = draw.random(rows) < np.where(draw.random(80) < 0.4, 0.85, 0.08)[who]
    step = timedelta(days=days) / rows
    return pa.table(
        {
            "ordered_at": pa.array([FIRST + step * i for i in range(rows)], pa.timestamp("us", "UTC")),
            "order": np.arange(rows),
            "customer": pa.array([f"c{one:03}" for one in who]),
            "country": draw.choice(["de", "fr", "it"], rows),
            "price": draw.gamma(2.0, 30.0, rows).round(2) + 1,
            "weight": draw.gamma(2.0, 2.0, rows).round(3),
            "refund": np.where(returned, 1.0, 0.0),
            "returned": returned,
        }
    )


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "deployments").mkdir(parents=True)
    (folder / "data_contracts").mkdir()
    (folder / "deployments" / "returns.toml").write_text(SPEC + HISTORY)
    customer = '    customer: Series[str] = pa.Field(metadata={"role": "identifier"})\n    country'
    (folder / "data_contracts" / "returns.py").write_text(CONTRACT.replace("    country", customer))
    pyarrow.csv.write_csv(orders_of_customers(), folder / "orders.csv")
    monkeypatch.setenv("PERENNIAL_PROJECT", str(folder))
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def settings(shop: Path) -> Settings:
    return replace(load_settings(cwd=shop), threads=1)


@pytest.fixture
def trained(shop: Path) -> Trained:  # noqa: ARG001 - it has to be there first
    return run_training("returns", "manual", TRAINED)


def snapshot_of(settings: Settings, as_of: datetime) -> pa.Table:
    """Return the rows that a training as of then would learn from."""
    spec = load_spec("returns", settings.specs)
    contract = contract_of(spec, settings.contracts)
    found = prepare(ingest(spec, contract, settings, as_of), spec, contract, folder=settings.of("returns"), as_of=as_of)
    return load_snapshot(found.rows)


def test_a_model_with_a_history_is_trained_scored_watched_and_made_again_on_the_same_values(
    trained: Trained, shop: Path, settings: Settings
) -> None:
    assert trained.verdict.promotable
    assert trained.verdict.leaks == ()
    assert trained.verdict.challenger_metrics["roc_auc"] > 0.8  # nothing else tells who sends things back
    model = load_artifact(trained.artifact.uri, trained.artifact.digest)
    assert set(MADE) <= {feature.name for feature in model.features.features}
    assert set(MADE) <= set(signature(model).inputs.input_names())  # whoever serves it elsewhere is told
    served = read_sample(trained.artifact.uri)
    assert conform(served, model.contract, model.features.reads).equals(served)

    scored = run_scoring("returns", Asked(TRAINED, NEXT, NEXT))

    later = snapshot_of(settings, NEXT + timedelta(days=1))  # in which those rows are ones to learn from
    inside = pc.and_(since(later, TRAINED), before(later, NEXT))
    rows = later.filter(inside)
    log = pyarrow.dataset.dataset(scored.made.served.folder).to_table().sort_by("order")
    assert log["order"].to_pylist() == rows["order"].to_pylist()
    assert log["prediction"].to_numpy().tobytes() == model.predict(rows).tobytes()

    new = orders_of_customers().drop_columns(["returned", "refund"]).slice(3000, 20)  # of days already in the source
    pq.write_table(new, shop / "new.parquet")
    spec = load_spec("returns", settings.specs)
    fill(Sheet(shop / "new.parquet", shop / "told.parquet"), spec, contract_of(spec, settings.contracts), settings)
    told = pq.read_table(shop / "told.parquet")
    assert told["prediction"].to_pylist() == log["prediction"].to_pylist()[:20]

    checked = run_check("returns", NEXT)
    assert set(MADE) <= {signal.column for signal in checked.signals}
    assert reproduce(Ledger(settings.ledger).entries("returns"), "returns", 1, settings).same
    assert audit("returns").differences == ()


def since(rows: pa.Table, time: datetime) -> pa.ChunkedArray:
    return pc.greater_equal(rows["ordered_at"], pa.scalar(time, rows["ordered_at"].type))


def before(rows: pa.Table, time: datetime) -> pa.ChunkedArray:
    return pc.less(rows["ordered_at"], pa.scalar(time, rows["ordered_at"].type))
