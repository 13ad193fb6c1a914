"""Purchases of a few customers, some at the same instant; whether one was bad is known hours or days later."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.contract import Contract, read_contract
from tasks.data.history.contract import with_history
from tasks.data.history.past import read_past
from tasks.data.window import Window
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, read_spec

SPEC = """
model = "purchases"
owner = "shop"
task = "binary"
source = { uri = "purchases.parquet", timestamp = "at", key = ["id"], target = "bad", label_time = "known_at" }
contract = { min_rows = 10, max_quarantined = 1.0 }
window = { validation = "5d", holdout = "5d" }
candidates = [{ kind = "lightgbm", rounds = 20, leaves = 7 }]
gate = { metric = "roc_auc", min_rows = 10, resamples = 200 }

[[history]]
by = ["customer"]
of = "amount"
how = ["mean", "sum", "min", "max", "count", "last", "lag:2", "days_since"]
over = ["2d", "10d"]

[[history]]
by = ["customer", "shop"]
how = ["count", "days_since"]
over = "5d"
delay = "6h"
look_back = "20d"

[[history]]
by = ["customer"]
of = "bad"
how = ["mean", "count", "last"]
over = "10d"
look_back = "15d"

[[history]]
of = "amount"
how = ["mean"]
over = "1d"
"""
CONTRACT = '''
import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series


class Purchases(pa.DataFrameModel):
    """One purchase."""

    at: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})
    id: Series[int] = pa.Field()
    customer: Series[str] = pa.Field(nullable=True)
    shop: Series[int] = pa.Field()
    amount: Series[float] = pa.Field(nullable=True)
    note: Series[str] = pa.Field(nullable=True)
    bad: Series[bool] = pa.Field(nullable=True, metadata={"role": "outcome"})
    known_at: Series[pd.DatetimeTZDtype] = pa.Field(
        nullable=True, dtype_kwargs={"unit": "us", "tz": "UTC"}, metadata={"role": "outcome"}
    )
'''
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
ALWAYS = Window(None, datetime(2100, 1, 1, tzinfo=UTC))
Look = Callable[..., pa.Table]


def make_purchases(rows: int = 400, seed: int = 0) -> pa.Table:
    """Return purchases of 40 days, on the whole hour: several share one."""
    draw = np.random.default_rng(seed)
    hours = np.sort(draw.integers(0, 40 * 24, rows))
    waits = draw.integers(1, 20 * 24, rows)
    start = int(FIRST.timestamp()) * 10**6

    def times(after: "np.typing.NDArray[np.int64]") -> pa.Array:
        return pa.array(start + after * 3_600_000_000).cast(pa.timestamp("us", "UTC"))

    never = draw.random(rows) < 0.1
    return pa.table(
        {
            "at": times(hours),
            "id": np.arange(rows),
            "customer": pa.array(draw.choice(["ada", "bob", "eve", "max"], rows), mask=draw.random(rows) < 0.05),
            "shop": draw.integers(0, 2, rows),
            "amount": pa.array(draw.gamma(2.0, 30.0, rows).round(2), mask=draw.random(rows) < 0.1),
            "note": draw.choice(["", "gift"], rows),
            "bad": pa.array(draw.random(rows) < 0.3, mask=never),
            "known_at": pa.array(times(hours + waits).to_pylist(), pa.timestamp("us", "UTC"), mask=never),
        }
    )


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which this process's environment points at."""
    (tmp_path / "deployments").mkdir()
    (tmp_path / "data_contracts").mkdir()
    (tmp_path / "deployments" / "purchases.toml").write_text(SPEC)
    (tmp_path / "data_contracts" / "purchases.py").write_text(CONTRACT)
    pq.write_table(make_purchases(), tmp_path / "purchases.parquet")
    monkeypatch.setenv("PERENNIAL_PROJECT", str(tmp_path))
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def shops(shop: Path) -> Settings:
    return replace(load_settings(cwd=shop), threads=1)


@pytest.fixture
def purchases_spec() -> ModelSpec:
    return read_spec(tomllib.loads(SPEC), "purchases.toml")


@pytest.fixture
def purchases_contract(purchases_spec: ModelSpec) -> Contract:
    return with_history(read_contract(CONTRACT, "purchases.py"), purchases_spec)


@pytest.fixture
def look(shop: Path, shops: Settings, purchases_spec: ModelSpec, purchases_contract: Contract) -> Look:
    """Return rows with what is known of their past, when the source has others or the same."""

    def run(rows: pa.Table, source: pa.Table | None = None, window: Window = ALWAYS) -> pa.Table:
        pq.write_table(rows if source is None else source, shop / "purchases.parquet")
        return read_past(purchases_spec, purchases_contract, shops, window=window).add_to(rows)

    return run
