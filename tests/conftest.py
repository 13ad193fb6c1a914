"""A small project of a user's: one spec, one contract, one CSV of orders that come back or do not."""

import os
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from deployments.stack.servers import prefect_server
from tasks.data.contract import Contract, load_contract
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec, read_spec

SPEC = """
model = "returns"
owner = "shop"
task = "binary"
seed = 1

[source]
uri = "orders.csv"
timestamp = "ordered_at"
key = ["order"]
target = "returned"
label_delay = "1d"

[contract]
min_rows = 100
max_quarantined = 0.05

[window]
validation = "10d"
holdout = "10d"

[[candidates]]
kind = "linear"

[[candidates]]
kind = "lightgbm"
rounds = 20
leaves = 7

[gate]
metric = "roc_auc"
margin = 0.05
min_rows = 50
resamples = 200
slices = ["country"]
"""

CONTRACT = '''
"""Orders."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series


class Orders(pa.DataFrameModel):
    """One order."""

    ordered_at: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})
    order: Series[int] = pa.Field(ge=0)
    country: Series[str] = pa.Field(isin=["de", "fr", "it"])
    price: Series[float] = pa.Field(gt=0)
    weight: Series[float] = pa.Field(nullable=True, ge=0)
    refund: Series[float] = pa.Field(nullable=True, metadata={"role": "outcome"})
    returned: Series[bool] = pa.Field(nullable=True, metadata={"role": "outcome"})
'''

SMALLEST = """
model = "returns"
owner = "shop"
task = "binary"
source = { uri = "orders.csv", timestamp = "ordered_at", key = ["order"], target = "returned" }
window = { validation = "10d", holdout = "10d" }
candidates = [{ kind = "linear" }]
gate = { metric = "roc_auc" }
"""

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def make_orders(rows: int = 3000, days: int = 60, seed: int = 0) -> pa.Table:
    """Return orders, evenly over ``days``: dear and heavy ones come back more often."""
    draw = np.random.default_rng(seed)
    price = draw.gamma(2.0, 30.0, rows) + 1
    weight = draw.gamma(2.0, 2.0, rows)
    returned = draw.random(rows) < 1 / (1 + np.exp(3 - price / 40 - weight / 6))
    step = timedelta(days=days) / rows
    return pa.table(
        {
            "ordered_at": pa.array([FIRST_DAY + step * i for i in range(rows)], pa.timestamp("us", "UTC")),
            "order": np.arange(rows),
            "country": draw.choice(["de", "fr", "it"], rows),
            "price": price.round(2),
            "weight": pa.array(weight.round(3), mask=draw.random(rows) < 0.05),
            "refund": np.where(returned, price.round(2), 0.0),
            "returned": returned,
        }
    )


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """Take back what a test has done to the environment: Prefect's home, say, is that of the test that sets it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real local Prefect server, for the whole session."""
    home = tmp_path_factory.mktemp("prefect")
    settings = load_settings({"PERENNIAL_HOME": str(home)})
    with prefect_server(settings) as api:
        yield api
        _let_prefect_finish()


def _let_prefect_finish() -> None:
    """Have Prefect's threads send what they hold, while the server is still there: they retry for minutes."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=10)


@pytest.fixture
def orders() -> pa.Table:
    return make_orders()


@pytest.fixture
def project(tmp_path: Path, orders: pa.Table, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which this process's environment points at."""
    folder = tmp_path / "project"
    (folder / "deployments").mkdir(parents=True)
    (folder / "data_contracts").mkdir()
    (folder / "deployments" / "returns.toml").write_text(SPEC)
    (folder / "data_contracts" / "returns.py").write_text(CONTRACT)
    pyarrow.csv.write_csv(orders, folder / "orders.csv")
    monkeypatch.setenv("PERENNIAL_PROJECT", str(folder))
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def settings(project: Path) -> Settings:
    return replace(load_settings(cwd=project), threads=1)


@pytest.fixture
def spec(settings: Settings) -> ModelSpec:
    return load_spec("returns", settings.specs)


@pytest.fixture
def spec_with() -> Callable[[str, str], ModelSpec]:
    """Reads the smallest spec with one section more, given by its name and its lines."""
    return lambda name, lines: read_spec(tomllib.loads(f"{SMALLEST}\n[{name}]\n{lines}"), "f.toml")


@pytest.fixture
def contract(settings: Settings) -> Contract:
    return load_contract("returns", settings.contracts)


@pytest.fixture
def edit(project: Path) -> Callable[[str, str, str], None]:
    """Change a text of a file of the project: ``edit(file, old, new)``."""

    def change(file: str, old: str, new: str) -> None:
        path = project / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change
