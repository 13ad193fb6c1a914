"""Orders of two months, whose last week is what a test makes of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest

from tasks.data.contract import Contract, read_contract
from tasks.evolution.examining import Examined, Request, examine
from tasks.settings import Settings
from tasks.spec import ModelSpec

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
SINCE = AS_OF - timedelta(days=7)
Change = Callable[[pd.DataFrame, "pd.Series[bool]"], None]


@pytest.fixture
def last_week(project: Path, orders: pa.Table) -> Callable[[Change], None]:
    """Changes the orders: the function gets all of them, and which are of the last week."""

    def write(change: Change) -> None:
        frame = orders.to_pandas()
        change(frame, frame["ordered_at"] >= SINCE)
        pyarrow.csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), project / "orders.csv")

    return write


@pytest.fixture
def evolve(spec: ModelSpec, contract: Contract, settings: Settings) -> Callable[..., Examined]:
    """Examine the last week of the orders, under ``text`` in place of the project's contract if it is given."""

    def found(*include: str, text: str | None = None) -> Examined:
        own = contract if text is None else read_contract(text, contract.file)
        return examine(spec, own, settings, Request(AS_OF, include=include))

    return found
