"""Sales of two months, whose last two weeks are the window before and the current one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tasks.monitoring.realised import Realised
from tasks.monitoring.signal import Signal
from tasks.monitoring.triage import Case, Columns, Counts

DAY = 86_400_000_000
FIRST = int(datetime(2024, 5, 1, tzinfo=UTC).timestamp()) * 1_000_000
COLUMNS = Columns("at", ("sale",), "units")


def make_sales(days: int = 56, rows_a_day: int = 200, seed: int = 0) -> pa.Table:
    draw = np.random.default_rng(seed)
    rows = days * rows_a_day
    hours = draw.choice([10, 17], rows, p=[0.6, 0.4]) + draw.normal(0, 1.5, rows)
    times = np.sort(FIRST + np.repeat(np.arange(days), rows_a_day) * DAY + (hours * DAY / 24).astype(np.int64))
    warm = draw.normal(70, 8, rows).round(1)
    table = pa.table(
        {
            "at": pa.array(times).cast(pa.timestamp("us", "UTC")),
            "sale": np.arange(rows),
            "shop": draw.choice(["north", "south", "east"], rows, p=[0.5, 0.3, 0.2]),
            "temp": warm,
            "dew": (warm - draw.gamma(3, 4, rows)).round(1),
            "price": np.exp(draw.normal(2.5, 0.5, rows)),
            "visitors": draw.poisson(80, rows).astype(float),
            "units": draw.normal(20, 5, rows),
        }
    )
    shops = table.column("shop").dictionary_encode().combine_chunks()
    return table.set_column(table.column_names.index("shop"), "shop", shops)


@dataclass(frozen=True)
class Weeks:
    """A table cut into what was learned from, the window before and the current one."""

    reference: pa.Table
    before: pa.Table
    current: pa.Table

    def case(self, current: pa.Table | None = None, **parts: Any) -> Case:
        """Return the case, with another current window and other ``parts``."""
        now = self.current if current is None else current
        counts = Counts(now.num_rows, self.before.num_rows, self.before.num_rows, 0, blocks_of(now))
        given = {"before": self.before, "counts": counts, **parts}
        return Case(COLUMNS, self.reference, now, **given)

    def change(self, name: str, change: Callable[[np.ndarray], Any], share: float = 1.0) -> pa.Table:
        """Return the current window with some of a column's values changed."""
        values = np.asarray(self.current.column(name).to_numpy(), dtype=float)
        some = np.random.default_rng(1).random(len(values)) < share
        values = np.where(some, change(values), values)
        return put(self.current, name, pa.array(values, from_pandas=True))


def blocks_of(table: pa.Table) -> tuple[int, ...]:
    times = np.asarray(table.column("at").cast(pa.int64()).to_numpy())
    edges = FIRST + DAY * np.arange(49, 57)
    return tuple(int(count) for count in np.histogram(times, bins=edges)[0])


def put(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


@pytest.fixture(scope="session")
def weeks() -> Weeks:
    table = make_sales()
    day = pc.divide(pc.subtract(table["at"].cast(pa.int64()), FIRST), DAY)
    return Weeks(
        *(table.filter(pc.and_(pc.greater_equal(day, a), pc.less(day, b))) for a, b in ((0, 42), (42, 49), (49, 56)))
    )


@pytest.fixture
def loses() -> Realised:
    """A champion that is certainly worse than promised."""
    return Realised("mae", 5.0, 4.8, 5.2, 4.0, 1.0, 0.8, 1.2, 1400, 0, None)


@pytest.fixture
def keeps() -> Realised:
    """A champion that is as good as promised."""
    return Realised("mae", 4.0, 3.8, 4.2, 4.0, 0.0, -0.2, 0.2, 1400, 0, None)


@pytest.fixture
def alarm() -> Callable[[str], Signal]:
    return lambda name: Signal("distribution", name, 0.5, 0.4, 0.6, 0.2, "up", "PSI", f"{name} changed")
