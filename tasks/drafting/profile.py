"""One pass over a table: how many rows, how much is missing, and rows to look at more closely."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from tasks.data.reader import Reader
from tasks.data.window import Window
from tasks.errors import SourceError

SAMPLE_ROWS = 50_000
_EVER = Window(None, datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Profile:
    """A table, as far as one pass shows it."""

    rows: int
    missing: dict[str, int]
    """Values of each column that are missing, in all rows."""
    sample: pa.Table
    """At most ``SAMPLE_ROWS`` rows, evenly spread, in their order; text of a CSV is text, whatever it means."""
    typed: bool
    """False where every value came as text."""

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.sample.column_names)


def take_profile(readers: Sequence[Reader]) -> Profile:
    """Return the profile of what ``readers`` read, one after the other.

    Raises:
        SourceError: it cannot be read, or has no rows, or files have other columns.
    """
    names = [name for name in readers[0].columns if name]
    for reader in readers:
        if gone := [name for name in names if name not in reader.columns]:
            raise SourceError(f"{reader.name}: no column {gone[0]}, which {readers[0].name} has")
    missing = np.zeros(len(names), dtype=np.int64)
    sample = _Sample()
    for batch in _batches(readers, names):
        missing += [column.null_count for column in batch.columns]
        sample.add(batch)
    if sample.rows == 0:
        raise SourceError(f"{readers[0].name}: it has names of columns, and no rows")
    return Profile(sample.rows, dict(zip(names, missing.tolist(), strict=True)), sample.table(), readers[0].typed)


def _batches(readers: Sequence[Reader], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for reader in readers:
        yield from reader.batches(names, None, _EVER)


class _Sample:
    """Every row at first; every second, every fourth … as they become too many."""

    def __init__(self) -> None:
        self.rows = 0
        self._step = 1
        self._parts: list[pa.Table] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take of ``batch`` the rows that are due."""
        due = np.arange(-self.rows % self._step, batch.num_rows, self._step)
        self._parts.append(pa.table(batch.take(pa.array(due))))
        self.rows += batch.num_rows
        if sum(part.num_rows for part in self._parts) > 2 * SAMPLE_ROWS:
            whole = self._joined()
            while whole.num_rows > SAMPLE_ROWS:
                whole = whole.take(pa.array(np.arange(0, whole.num_rows, 2)))
                self._step *= 2
            self._parts = [whole]

    def table(self) -> pa.Table:
        """Return the rows, once all have been seen."""
        whole = self._joined()
        places = np.linspace(0, whole.num_rows - 1, min(whole.num_rows, SAMPLE_ROWS)).astype(np.int64)
        return whole if len(places) == whole.num_rows else whole.take(pa.array(places))

    def _joined(self) -> pa.Table:
        return pa.concat_tables(self._parts, promote_options="permissive").unify_dictionaries().combine_chunks()
