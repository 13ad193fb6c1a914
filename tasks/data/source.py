"""Rows from wherever a spec says they are: only the columns asked for, only the window asked for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.copies import open_copy, write_copy
from tasks.data.demo import demo_file, is_demo
from tasks.data.digest import canonical_type
from tasks.data.files import open_files
from tasks.data.made import complete
from tasks.data.reader import Reader
from tasks.data.sql import fill, open_database
from tasks.data.text import read_text
from tasks.data.times import UTC_TIME, rows_within
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.settings import Settings
from tasks.spec import SourceSpec, is_database


@dataclass(frozen=True)
class Rows:
    """The rows that were asked for, in the order of the source."""

    table: pa.Table
    columns_in_source: tuple[str, ...]
    """Every column that the source has, so that those not asked for can be reported."""


@dataclass(frozen=True)
class Stream:
    """The rows that were asked for, batch by batch: as ``Rows``, but never all in memory."""

    batches: Iterator[pa.RecordBatch]
    """In the types that each batch was read in; text of a CSV is text, whatever it means."""
    columns_in_source: tuple[str, ...]


def read_source(source: SourceSpec, columns: Sequence[str], window: Window, settings: Settings) -> Rows:
    """Return ``columns`` of the rows whose event time is in ``window``.

    A column that the source lacks is absent; the contract decides what that means. The timestamp and
    ``source.label_time`` come as UTC in microseconds (``times.read_times`` says how they are read), text
    comes dictionary-encoded, and a float that is not a number counts as missing.

    Raises:
        SourceError: the source is not there or cannot be read, or it, or a row of it, has no event time.
    """
    with _opened(source, settings) as readers:
        in_source = tuple(dict.fromkeys(name for reader in readers for name in reader.columns))
        asked = [name for name in dict.fromkeys(columns) if name in in_source]
        for reader in readers:
            _require(reader, asked, source)
        parts = [_read(reader, asked, source, window) for reader in readers]
    files = [reader.name for reader in readers]
    joined = [_join(list(zip(files, [part[name] for part in parts], strict=True)), name) for name in asked]
    table = pa.table([_settled(column, typed=readers[0].typed) for column in joined], names=asked)
    return Rows(table.unify_dictionaries(), in_source)


@contextmanager
def stream_source(source: SourceSpec, columns: Sequence[str], window: Window, settings: Settings) -> Iterator[Stream]:
    """Give ``columns`` of the rows whose event time is in ``window``, for one pass within the block.

    Columns that the source lacks are absent. Errors are those of ``read_source``, raised as the rows are read.
    """
    with _opened(source, settings) as readers:
        in_source = tuple(dict.fromkeys(name for reader in readers for name in reader.columns))
        asked = [name for name in dict.fromkeys(columns) if name in in_source]
        for reader in readers:
            _require(reader, asked, source)
        parts = (
            rows_within(reader.batches(asked, source.timestamp, window), source, window, reader.name)
            for reader in readers
        )
        yield Stream((batch for part in parts for batch in part), in_source)


def copy_source(source: SourceSpec, columns: Sequence[str], window: Window, settings: Settings, *, path: Path) -> None:
    """Write into ``path`` what ``settings.source_copy`` then names, to be read in place of the source.

    Of rows in ``window`` and of ``columns`` a copy gives what the source gave: the same values, types and order. Only
    a database that keeps whole and other numbers in one column may tell another type of a window in which all are
    whole. Errors are those of ``read_source``, about all of the source's rows.
    """
    with _opened(source, settings) as readers:
        in_source = {name for reader in readers for name in reader.columns}
        asked = [name for name in dict.fromkeys(columns) if name in in_source]
        for reader in readers:
            _require(reader, asked, source)
        parts = (
            (reader, rows_within(reader.batches(asked, source.timestamp, window), source, window, reader.name))
            for reader in readers
        )
        write_copy(path, parts, source.timestamp)


@contextmanager
def _opened(source: SourceSpec, settings: Settings) -> Iterator[Sequence[Reader]]:
    """Give what can be read, with the columns that the spec has made beside those that there are."""
    if settings.source_copy is not None:
        yield open_copy(settings.source_copy)
        return
    with open_readers(source, settings) as readers:
        yield complete(readers, source)


@contextmanager
def open_readers(source: SourceSpec, settings: Settings) -> Iterator[Sequence[Reader]]:
    """Give the files or the table of ``source`` as they are."""
    if is_database(source.uri):
        with open_database(source, settings.project) as database:
            yield [database]
    elif is_demo(source.uri):
        yield open_files(str(demo_file(source.uri.removeprefix("demo:"), settings)), settings.project)
    else:
        yield open_files(fill(source.uri), settings.project, source.csv)


def _require(reader: Reader, asked: Sequence[str], source: SourceSpec) -> None:
    has = f"its columns: {', '.join(reader.columns)}"
    if source.timestamp not in reader.columns:
        raise SourceError(f"{reader.name}: no column {source.timestamp}, which source.timestamp names; {has}")
    for name in asked:
        if (count := reader.columns.count(name)) != 1:
            found = f"{count} columns {name}; allowed: one" if count else f"no column {name}, which other files have"
            raise SourceError(f"{reader.name}: {found}; {has}")


def _read(reader: Reader, asked: Sequence[str], source: SourceSpec, window: Window) -> pa.Table:
    batches = list(rows_within(reader.batches(asked, source.timestamp, window), source, window, reader.name))
    if not batches:
        times = (source.timestamp, source.label_time)
        return pa.table([pa.nulls(0, UTC_TIME if name in times else pa.null()) for name in asked], names=asked)
    full = [batch for batch in batches if batch.num_rows] or batches[:1]
    return pa.table([_stack([batch.column(name) for batch in full]) for name in asked], names=asked)


def _stack(arrays: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Return ``arrays`` as one column; of several types, as a database may keep in one, it is text."""
    arrays = [_without_decimals(array) for array in arrays]
    try:
        return _concatenate(arrays)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.chunked_array([array.cast(pa.string()) for array in arrays])


def _join(parts: Sequence[tuple[str, pa.ChunkedArray]], column: str) -> pa.ChunkedArray:
    """Return the parts of a column, each with the name of its file, as one."""
    try:
        return _concatenate([part for _, part in parts])
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        found = {str(part.type): name for name, part in reversed(parts)}
        kinds = " and ".join(f"{kind} in {name}" for kind, name in sorted(found.items()))
        raise SourceError(f"column {column} is {kinds}; allowed: one type in all files") from None


def _concatenate(arrays: Sequence[pa.Array | pa.ChunkedArray]) -> pa.ChunkedArray:
    tables = [pa.table([array], names=["column"]) for array in arrays]
    return pa.concat_tables(tables, promote_options="permissive").column(0)


def _without_decimals(array: pa.Array) -> pa.Array:
    # By way of text: Arrow's own cast makes 37.480000000000004 of 37.48.
    return array.cast(pa.string()).cast(pa.float64()) if pa.types.is_decimal(array.type) else array


def _settled(column: pa.ChunkedArray, *, typed: bool) -> pa.ChunkedArray:
    if not typed and pa.types.is_string(column.type):
        column = read_text(column)
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column)
    kind = canonical_type(column.type)
    return column.cast(pa.string()).dictionary_encode() if kind != column.type else column
