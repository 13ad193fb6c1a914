"""A case as its columns, each with how much it changes when nothing is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import pyarrow as pa

from tasks.judgement.leakage.coding import is_text
from tasks.monitoring.triage.case import Case, Counts
from tasks.monitoring.triage.grid import Grid, grid
from tasks.monitoring.triage.sample import Sample, as_numbers, distance
from tasks.monitoring.triage.tables import thinned, times_of

_FEWEST_ROWS = 50
"""Fewer say nothing about a distribution."""
_FEWEST_IN_A_WINDOW = 30
"""A stretch of the reference with fewer sampled rows is not compared."""
_MOST_WINDOWS = 60
"""The last ones: a year of weeks, or two months of days."""
_MARGIN = 0.03
"""What neighbouring windows of the reference have not shown, and is still no change: they are few."""


@dataclass(frozen=True)
class Column:
    """A feature in the current window and in what it is compared with."""

    name: str
    words: tuple[str, ...]
    """The words that codes stand for; empty for numbers."""
    current: Sample
    before: Sample | None
    reference: Sample
    windows: tuple[Sample, ...]
    """The reference in stretches as long as the current window, in order of time; none if it is too short."""

    @property
    def is_text(self) -> bool:
        return bool(self.words)

    @property
    def norm(self) -> Sample:
        """What the current window should look like: the window before, else the reference."""
        return self.before or self.reference

    @property
    def norm_in_words(self) -> str:
        return "the window before" if self.before else "what the champion learned from"

    def apart(self, one: Sample, other: Sample) -> float:
        """Return how far the distributions are apart."""
        return distance(one, other, words=self.is_text)

    @cached_property
    def change(self) -> float:
        """How far the current window is from the norm."""
        return self.apart(self.current, self.norm)

    @cached_property
    def usual(self) -> float:
        """The largest change from one window to the next in the reference: seasons and weather are in it."""
        enough = [window for window in self.windows if len(window.present) >= _FEWEST_IN_A_WINDOW]
        return max((self.apart(*pair) for pair in pairwise(enough)), default=0.0) + _MARGIN

    @cached_property
    def grid(self) -> Grid | None:
        """The values that it took before; None: they hardly recur, or it is text."""
        return None if self.is_text else grid(self.reference, self.before)

    @property
    def fine(self) -> tuple[Sample, ...]:
        """All that it was before the current window."""
        return self.norm, self.reference, *self.windows

    @property
    def moved(self) -> bool:
        """It changed more than it ever did while the champion learned."""
        return self.change > self.usual


@dataclass(frozen=True)
class View:
    """A case, ready for the rules."""

    case: Case

    @cached_property
    def counts(self) -> Counts:
        """The rows that were counted, else those that the tables hold."""
        before = self.case.before
        return self.case.counts or Counts(self.case.current.num_rows, None if before is None else before.num_rows)

    @cached_property
    def features(self) -> tuple[str, ...]:
        """The columns that are looked at, whether or not the current window has them: no times, no numbers of rows."""
        parts = self.case.columns
        names = [field.name for field in self.case.reference.schema if not pa.types.is_temporal(field.type)]
        names = [name for name in names if name not in {parts.timestamp, parts.target, *parts.outcomes}]
        return tuple(n for n in names if n not in parts.key or is_text(self.case.reference.schema.field(n).type))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The features of the current window that can be measured; none if it has next to no rows."""
        if min(self.case.current.num_rows, self.case.reference.num_rows) < _FEWEST_ROWS:
            return ()
        return tuple(self._columns())

    @cached_property
    def length(self) -> int:
        """From the first to the last event of the current window, microseconds."""
        times = times_of(self.case.current, self.case.columns.timestamp)
        return int(times.max() - times.min()) + 1 if len(times) else 0

    @cached_property
    def moved(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns if column.moved)

    def _columns(self) -> Iterator[Column]:
        timestamp, case = self.case.columns.timestamp, self.case
        tables = [thinned(table, timestamp) for table in (case.current, case.reference, case.before) if table]
        times = [times_of(table, timestamp) for table in tables]
        for name in self.features:
            if not all(name in table.column_names for table in tables):
                continue
            if (found := as_numbers([table.column(name) for table in tables])) is None:
                continue
            parts = [Sample(values, at) for values, at in zip(found[0], times, strict=True)]
            before = parts[2] if len(parts) > 2 and parts[2].rows >= _FEWEST_ROWS else None
            windows = [w for w in stretches(parts[1], self.length) if w.rows >= _FEWEST_IN_A_WINDOW]
            yield Column(name, found[1], parts[0], before, parts[1], tuple(windows))


def stretches(reference: Sample, length: int) -> Iterator[Sample]:
    """Yield the rows of ``reference`` in stretches of ``length`` microseconds, in order of time, up to its end."""
    if length and reference.rows:
        first, last = int(reference.times[0]), int(reference.times[-1])
        starts = range(last + 1 - length, first - 1, -length)[:_MOST_WINDOWS]
        yield from (reference.between(start, start + length) for start in reversed(starts))
