"""What history features gain, and what they take: the tables of docs/history.md.

``python -m benchmarks.learning.history`` prints them; two minutes on two cores.
"""

import resource
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.markdown import Table
from tasks.data.contract import Contract, read_contract
from tasks.data.history.contract import with_history
from tasks.data.history.past import read_past
from tasks.data.ingestion import Prepared, ingest, prepare
from tasks.data.source import read_source
from tasks.data.splits import split
from tasks.data.window import Window
from tasks.judgement.verdict import Verdict
from tasks.release.arena import enter
from tasks.release.challenger import Challenger, Recipe, make_challenger
from tasks.release.judging import hear, weigh
from tasks.release.tracing import Origin, trace
from tasks.release.versions import Version
from tasks.settings import Settings
from tasks.spec import ModelSpec, read_spec

FIRST, DAYS = datetime(2024, 1, 1, tzinfo=UTC), 180
AS_OF = FIRST + timedelta(days=DAYS)
CONTRACT = """
import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series


class Purchases(pa.DataFrameModel):
    at: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})
    id: Series[int] = pa.Field()
    customer: Series[str] = pa.Field()
    x: Series[float] = pa.Field()
    y: Series[float] = pa.Field(nullable=True, metadata={"role": "outcome"})
"""
SPEC: dict[str, Any] = {
    "model": "purchases",
    "owner": "shop",
    "source": {"uri": "purchases.parquet", "timestamp": "at", "key": ["id"], "target": "y", "label_delay": "2d"},
    "window": {"validation": "20d", "holdout": "20d"},
    "candidates": [{"kind": "lightgbm"}],
}
HISTORY: list[dict[str, Any]] = [
    {"by": ["customer"], "of": "y", "how": ["mean", "count"], "over": ["14d", "90d"]},
    {"by": ["customer"], "of": "y", "how": ["last"]},
    {"by": ["customer"], "how": ["days_since"]},
]


@dataclass(frozen=True)
class World:
    """Purchases whose amount, or whether they are bad, depends on the buyer."""

    name: str
    task: Literal["regression", "binary"]
    customers: int
    size: float
    """Of what a customer adds, beside a noise of 1."""
    moves: bool = False
    """It wanders off over the days, and is another one after a month or two."""

    def rows(self, count: int = 40_000) -> pa.Table:
        draw = np.random.default_rng(11)
        who, day = draw.integers(0, self.customers, count), np.sort(draw.random(count)) * DAYS
        effects = draw.normal(size=(self.customers, 1)) + np.zeros((1, DAYS))
        if self.moves:
            steps = draw.normal(size=(self.customers, DAYS)) * 0.25
            for one in range(1, DAYS):
                effects[:, one] = 0.97 * effects[:, one - 1] + steps[:, one]
        x = draw.normal(size=count)
        level = x + self.size * effects[who, day.astype(int)]
        told = (
            level + draw.normal(size=count) if self.task == "regression" else draw.random(count) < _share(level - 1.5)
        )
        start = int(FIRST.timestamp() * 1e6)
        return pa.table(
            {
                "at": pa.array(start + (day * 86_400e6).astype(np.int64)).cast(pa.timestamp("us", "UTC")),
                "id": np.arange(count),
                "customer": pa.array([f"c{one:05}" for one in who]),
                "x": x,
                "y": told.astype(np.float64),
            }
        )

    def spec(self, history: list[dict[str, Any]]) -> ModelSpec:
        metric = {"regression": "mae", "binary": "log_loss"}[self.task]
        gate = {"metric": metric, "rule": "better"}
        return read_spec({**SPEC, "task": self.task, "gate": gate, "history": history}, self.name)


WORLDS = (
    World("amount, 200 customers, lasting", "regression", 200, 1.0),
    World("amount, 200 customers, moving", "regression", 200, 1.0, moves=True),
    World("amount, 4,000 customers, lasting", "regression", 4000, 1.0),
    World("bad or not, 200 customers, lasting", "binary", 200, 1.0),
    World("bad or not, 200 customers, moving", "binary", 200, 1.0, moves=True),
    World("bad or not, 4,000 customers, lasting", "binary", 4000, 1.0),
    World("amount, customers alike", "regression", 200, 0.0),
    World("bad or not, customers alike", "binary", 200, 0.0),
)


@dataclass(frozen=True)
class _Trained:
    recipe: Recipe
    prepared: Prepared
    challenger: Challenger


def meet(world: World, settings: Settings) -> Verdict:
    """Return what the gate says of a challenger with a history beside a champion that has the customer alone."""
    pq.write_table(world.rows(), settings.project / "purchases.parquet")
    champion = _train(world.spec([]), settings, "champion")
    challenger = _train(world.spec(HISTORY), settings, "challenger")
    splits = split(challenger.recipe.spec, AS_OF)
    lineage = trace(champion.challenger, Origin(AS_OF, "manual", champion.prepared, splits), champion.recipe, settings)
    version = Version("purchases", 1, champion.challenger.artifact, lineage, "")
    arena = enter(challenger.prepared.rows, splits, challenger.recipe, (challenger.challenger, version))
    return weigh(hear(arena, judged=None, explained=False), challenger.recipe.spec, None)


def _train(spec: ModelSpec, settings: Settings, name: str) -> _Trained:
    contract = with_history(read_contract(CONTRACT, "purchases.py"), spec)
    found = ingest(spec, contract, settings, AS_OF)
    prepared = prepare(found, spec, contract, folder=settings.of("purchases"), as_of=AS_OF)
    recipe = Recipe(spec, contract, threads=1)
    return _Trained(recipe, prepared, make_challenger(prepared.rows, split(spec, AS_OF), recipe, settings.home / name))


def gains() -> Table:
    """Train and judge in each world."""
    lines = []
    for world in WORLDS:
        with TemporaryDirectory() as folder:
            verdict = meet(world, Settings(Path(folder), Path(folder) / "home", 1, None))
        found, metric = verdict.comparison, {"regression": "mae", "binary": "log_loss"}[world.task]
        assert found is not None
        assert verdict.champion_metrics is not None
        values = (verdict.champion_metrics[metric], verdict.challenger_metrics[metric])
        gain = f"{found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
        leaks = f"{len(verdict.leaks)}"
        lines.append([world.name, metric, *(f"{value:.4f}" for value in values), gain, verdict.outcome, leaks])
    head = ("world", "metric", "customer alone", "with history", "gain", "verdict", "leaks")
    return Table(head, lines)


def _share(level: "np.typing.NDArray[np.float64]") -> "np.typing.NDArray[np.float64]":
    return np.asarray(1 / (1 + np.exp(-level)))


FIVE: list[dict[str, Any]] = [
    {"by": ["customer"], "of": "x", "how": ["mean", "sum"], "over": ["7d", "28d"]},
    {"by": ["customer"], "of": "x", "how": ["min", "max"], "over": ["28d"]},
    {"by": ["customer"], "how": ["count", "days_since"], "over": ["7d"]},
    {"by": ["customer"], "of": "y", "how": ["mean", "last", "lag:2"], "over": ["28d"]},
    {"of": "x", "how": ["mean", "max"], "over": ["1d"]},
]


def seconds(rows: int = 1_000_000, customers: int = 20_000) -> Table:
    """Measure what five sections, of fourteen columns, take."""
    world = World("speed", "regression", customers, 1.0)
    spec = world.spec(FIVE)
    contract = with_history(read_contract(CONTRACT, "purchases.py"), spec)
    with TemporaryDirectory() as folder:
        settings = Settings(Path(folder), Path(folder) / "home", 1, None)
        pq.write_table(world.rows(rows), settings.project / "purchases.parquet")
        return _timed(spec, contract, settings)


def _timed(spec: ModelSpec, contract: Contract, settings: Settings) -> Table:
    window = Window(None, AS_OF)
    start = process_time()
    table = read_source(spec.source, contract.names(), window, settings).table
    read, before = process_time(), _peak()
    past = read_past(spec, contract, settings, window=window)
    told = process_time()
    found = past.add_to(table)
    end = process_time()
    line = [f"{found.num_rows:,}", f"{read - start:.1f} s", f"{told - read:.1f} s", f"{end - told:.1f} s"]
    return Table(
        ("rows", "to read them, CPU", "to read their past", "to make the columns", "memory more"),
        [[*line, f"{_peak() - before:,.0f} MB"]],
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    print(seconds(), gains(), sep="\n\n")


if __name__ == "__main__":
    main()
