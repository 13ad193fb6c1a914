"""One pass over the rows of the source: profile, sample and counts of the windows that a check looks at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.conversion import convert
from tasks.data.distinct import distinct
from tasks.data.history.past import Past, read_past
from tasks.data.keys import Keys, row_keys
from tasks.data.source import stream_source
from tasks.data.window import Window, microseconds, microseconds_of
from tasks.monitoring.profile.profile import Binning, Profile, take_profile
from tasks.monitoring.profile.profile import Blocking as ProfileBlocking
from tasks.monitoring.sampling import Sample
from tasks.settings import Settings
from tasks.spec import ModelSpec

SAMPLE_ROWS = 100_000
"""Of a window: what reports are drawn from and what triage looks at."""


@dataclass(frozen=True)
class Grid:
    """Blocks of equal length that end at ``end``."""

    end: datetime
    every: timedelta
    blocks: int

    @property
    def window(self) -> Window:
        return Window(self.end - self.blocks * self.every, self.end)

    def places(self, times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the block of each time (microseconds, UTC), 0 the earliest."""
        return (times - microseconds(self.end)) // microseconds_of(self.every) + self.blocks

    def blocking(self, timestamp: str) -> ProfileBlocking:
        return ProfileBlocking(self.blocks, lambda batch: self.places(event_times(batch, timestamp)))


@dataclass(frozen=True)
class Seen:
    """What was seen of one window."""

    window: Window
    profile: Profile
    sample: pa.Table | None
    """At most ``SAMPLE_ROWS`` rows in the contract's types, null where a value could not be read; None: no rows."""
    duplicates: int
    """Rows whose key another row of the window has."""
    unreadable: tuple[tuple[str, int], ...]
    """Columns with values that are not of their type, and how many."""
    newest: datetime | None
    unknown: tuple[str, ...]
    """Columns of the source that the contract does not name."""
    absent: tuple[str, ...]
    """Columns of the contract that the source does not have."""

    @property
    def rows(self) -> int:
        return int(self.profile.rows.sum())


class Watcher:
    """Reads windows of a model's source as they are, valid or not: what is broken is what a check is there to find."""

    def __init__(self, spec: ModelSpec, contract: Contract, settings: Settings) -> None:
        self._spec, self._contract, self._settings = spec, contract, settings
        self._columns = contract.names("feature", "identifier")

    def see(self, binning: Binning, grid: Grid) -> Seen:
        """Return what is in the blocks of ``grid``."""
        source, tally = self._spec.source, _Tally(self._spec)
        past = read_past(self._spec, self._contract, self._settings, window=grid.window)
        with stream_source(source, self._columns, grid.window, self._settings) as stream:
            batches = (batch for found in stream.batches for batch in self._typed(found, past, tally))
            profile = take_profile(batches, binning, grid.blocking(source.timestamp))
            inside = stream.columns_in_source
        return Seen(
            window=grid.window,
            profile=profile,
            sample=tally.sample.table(),
            duplicates=tally.duplicates(),
            unreadable=tuple(sorted(tally.unreadable.items())),
            newest=tally.newest,
            unknown=tuple(sorted(set(inside) - set(self._contract.names()))),
            absent=tuple(name for name in self._columns if name not in (*inside, *self._contract.made)),
        )

    def _typed(self, batch: pa.RecordBatch, past: Past, tally: "_Tally") -> Iterator[pa.RecordBatch]:
        """Yield ``batch`` in the contract's types, having counted what is to be counted."""
        table = pa.table(batch)
        arrays = {}
        for column in self._contract.columns:
            if column.name in table.column_names:
                converted = convert(table.column(column.name), column)
                arrays[column.name] = converted.values
                tally.unreadable[column.name] += int(converted.unreadable.sum())
        typed = past.add_to(pa.table(arrays))
        tally.add(typed)
        yield from typed.combine_chunks().to_batches()


class _Tally:
    """What is counted beside the profile."""

    def __init__(self, spec: ModelSpec) -> None:
        self._source = spec.source
        self.sample = Sample(spec.source.key, SAMPLE_ROWS)
        self.unreadable: Counter[str] = Counter()
        self.newest: datetime | None = None
        self._keys: list[Keys] = []

    def add(self, rows: pa.Table) -> None:
        import pyarrow.compute as pc

        if rows.num_rows == 0:
            return
        if set(self._source.key) <= set(rows.column_names):
            self.sample.add(rows)
            self._keys.append(row_keys(rows, self._source.key))
        newest = pc.max(rows.column(self._source.timestamp)).as_py()
        self.newest = newest if self.newest is None else max(self.newest, newest)

    def duplicates(self) -> int:
        keys = np.concatenate(self._keys) if self._keys else np.empty(0, dtype=np.uint64)
        return len(keys) - len(distinct(keys))


def event_times(rows: pa.RecordBatch | pa.Table, timestamp: str) -> npt.NDArray[np.int64]:
    """Return event times as microseconds since 1970, UTC, shape (rows,)."""
    return np.asarray(rows.column(timestamp).cast(pa.int64()).to_numpy(zero_copy_only=False))
