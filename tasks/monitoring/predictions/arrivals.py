"""When labels arrive: how long they take, and up to when nearly all of them are there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.data.source import read_source
from tasks.data.window import Window, microseconds
from tasks.errors import DataRefused
from tasks.settings import Settings
from tasks.spec import ModelSpec

_LEARNED_FROM = timedelta(days=180)
"""Rows older than this say nothing of how long labels take today; a delay longer than this cannot be learned."""
_FEWEST_ROWS = 50
"""Rows still waiting below which a share of them is no estimate: the curve ends there."""
_NEARLY_ALL = 0.99
_HOUR = 3_600_000_000


@dataclass(frozen=True)
class Delays:
    """How long after its event a label arrives. Of those that ever come, so many hours for so many of a hundred."""

    hours_50: float
    hours_90: float
    hours_99: float
    rows: int
    """Those that it was learned from; 0: the spec states it."""
    share: float | None
    """Of all rows, those whose label ever comes, as far as has been seen; None: the spec does not state it."""

    @property
    def sentence(self) -> str:
        if not self.rows:
            return f"labels arrive {_in_words(self.hours_99)} after the event, as the spec says"
        share = f"; {self.share:.1%} of the rows ever get one" if self.share is not None else ""
        return (
            f"half of the labels arrive within {_in_words(self.hours_50)}, 90 % within {_in_words(self.hours_90)}, "
            f"99 % within {_in_words(self.hours_99)}, as learned from {self.rows:,} rows{share}"
        )


@dataclass(frozen=True)
class Maturity:
    """What of the labels was there at ``as_of``."""

    as_of: datetime
    delays: Delays | None
    """None: too few labels have arrived to learn how long they take."""

    @property
    def watermark(self) -> datetime | None:
        """Up to this event time 99 % have arrived of the labels that ever come; None: unknown."""
        return self.as_of - timedelta(hours=self.delays.hours_99) if self.delays else None


def find_maturity(spec: ModelSpec, settings: Settings, as_of: datetime) -> Maturity:
    """Return how far labels have arrived by ``as_of``: as the spec says, or learned from ``source.label_time``."""
    source = spec.source
    if source.label_time is None:
        hours = source.label_delay / timedelta(hours=1)
        return Maturity(as_of, Delays(hours, hours, hours, 0, None))
    window = Window(as_of - _LEARNED_FROM, as_of)
    found = read_source(source, [source.timestamp, source.label_time], window, settings)
    if source.label_time not in found.table.column_names:
        known = ", ".join(found.columns_in_source)
        raise DataRefused(f"the source lacks column {source.label_time}, which source.label_time names; it has {known}")
    table = found.table
    events, arrivals = (_numbers(table.column(name)) for name in (source.timestamp, source.label_time))
    return Maturity(as_of, learn_delays(events, arrivals, as_of))


def learn_delays(events: FloatArray, arrivals: FloatArray, as_of: datetime) -> Delays | None:
    """Return how long labels take, from event and arrival times in microseconds, nan: none; shapes (rows,).

    A label that is not there yet has taken at least until ``as_of``. To leave it out would make delays look short, for
    of the latest rows only the quick labels are there: Kaplan and Meier 1958, "Nonparametric estimation from
    incomplete observations", JASA 53. What arrives after ``as_of`` changes nothing.
    """
    now = microseconds(as_of)
    arrived = arrivals <= now
    waits, shares = _arrived_within(np.where(arrived, np.maximum(arrivals, events), now) - events, arrived)
    if not len(waits):
        return None
    hours = [float(waits[np.searchsorted(shares, q * shares[-1])]) / _HOUR for q in (0.5, 0.9, _NEARLY_ALL)]
    return Delays(hours[0], hours[1], hours[2], rows=len(events), share=float(shares[-1]))


def _arrived_within(waits: FloatArray, arrived: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return lengths of time, growing, and the share of rows whose label arrives within each."""
    lengths, counts = np.unique(waits[arrived], return_counts=True)
    waiting = len(waits) - np.searchsorted(np.sort(waits), lengths)
    enough = waiting >= _FEWEST_ROWS
    lengths, counts, waiting = lengths[enough], counts[enough], waiting[enough]
    return lengths, np.asarray(1 - np.cumprod(1 - counts / waiting), dtype=np.float64)


def _numbers(column: pa.ChunkedArray) -> FloatArray:
    return np.asarray(column.cast(pa.int64()).cast(pa.float64()).to_numpy(), dtype=np.float64)


def _in_words(hours: float) -> str:
    return f"{hours:.3g} hours" if hours < 48 else f"{hours / 24:.3g} days"
