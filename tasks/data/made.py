"""Columns that a spec has made of a source: the event time, a number for each row; and what counts as missing.

They are made where the source is read, batch by batch. Training, scoring and watching all read through this, so
that none of them knows a made column from one that was there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.clocks import columns_of, times_of
from tasks.data.reader import Reader
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.spec import SourceSpec


@dataclass
class _Count:
    """The rows that were read so far: those of one file go on where those of the last one ended."""

    rows: int = 0


@dataclass(frozen=True)
class Completed:
    """A reader, with the columns that the spec has made."""

    reader: Reader
    source: SourceSpec
    count: _Count = field(repr=False)

    @property
    def name(self) -> str:
        return self.reader.name

    @property
    def typed(self) -> bool:
        return self.reader.typed

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.reader.columns, *(name for name in _made(self.source) if name not in self.reader.columns))

    def batches(self, columns: Sequence[str], timestamp: str | None, window: Window, /) -> Iterator[pa.RecordBatch]:
        """Yield ``columns``, made or not, of all rows that the reader yields."""
        made = _made(self.source)
        asked = list(dict.fromkeys([*(c for c in columns if c not in made), *self._needed()]))
        # Rows are counted as they stand in the file, so none may be left out before.
        near = None if made else timestamp
        for batch in self.reader.batches(asked or self.reader.columns[:1], near, window):
            numbers = np.arange(self.count.rows, self.count.rows + batch.num_rows)
            self.count.rows += batch.num_rows
            yield self._complete(_emptied(batch, self.source.missing), numbers).select(list(columns))

    def _needed(self) -> tuple[str, ...]:
        """Return the columns that the event time is made of."""
        if self.source.clock is None:
            return ()
        needed = columns_of(self.source.clock)
        for name in needed:
            if name not in self.reader.columns:
                has = f"its columns: {', '.join(self.reader.columns)}"
                raise SourceError(f"{self.name}: no column {name}, which source.clock names; {has}")
        return needed

    def _complete(self, batch: pa.RecordBatch, numbers: "np.typing.NDArray[np.int64]") -> pa.RecordBatch:
        if self.source.row_number is not None:
            batch = _with(batch, self.source.row_number, pa.array(numbers))
        if self.source.clock is not None:
            batch = _with(batch, self.source.timestamp, times_of(batch, self.source.clock, numbers))
        return batch


def complete(readers: Sequence[Reader], source: SourceSpec) -> Sequence[Reader]:
    """Return ``readers`` with what the spec has made, if that is anything. They are to be read in their order, once."""
    if not _made(source) and not source.missing:
        return readers
    for reader in readers:
        _refuse_taken(reader, source)
    count = _Count()
    return [Completed(reader, source, count) for reader in readers]


def _made(source: SourceSpec) -> tuple[str, ...]:
    """Return the names of the columns that are made."""
    time = source.timestamp if source.clock is not None else None
    return tuple(name for name in (source.row_number, time) if name is not None)


def _refuse_taken(reader: Reader, source: SourceSpec) -> None:
    """Raise a SourceError where a column to be made is there already; a time may replace what it is made of."""
    own = () if source.clock is None else columns_of(source.clock)
    keys = ("source.row_number", source.row_number), ("source.timestamp", source.timestamp if source.clock else None)
    for key, name in keys:
        if name in reader.columns and name not in own:
            raise SourceError(f"{reader.name}: there is a column {name} already; {key} needs a name of its own")


def _with(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    place = batch.schema.get_field_index(name)
    return batch.append_column(name, values) if place < 0 else batch.set_column(place, name, values)


def _emptied(batch: pa.RecordBatch, spellings: Sequence[str]) -> pa.RecordBatch:
    """Return ``batch`` with null where one of ``spellings`` stands."""
    if not spellings:
        return batch
    return pa.record_batch([_without(column, spellings) for column in batch.columns], names=batch.schema.names)


def _without(column: pa.Array, spellings: Sequence[str]) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return pa.DictionaryArray.from_arrays(column.indices, _without(column.dictionary, spellings))
    missing = _as_kept(spellings, column.type)
    if len(missing) == 0:
        return column
    return pc.if_else(pc.is_in(column, value_set=missing), pa.scalar(None, column.type), column)


def _as_kept(spellings: Sequence[str], kind: pa.DataType) -> pa.Array:
    """Return those of ``spellings`` that a column of type ``kind`` can hold."""
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_number(kind)):
        return pa.array([], kind)
    kept = []
    for word in spellings:
        try:
            kept.append(pa.scalar(word).cast(kind).as_py())
        except pa.ArrowInvalid:
            continue
    return pa.array(kept, kind)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
