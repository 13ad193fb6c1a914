"""Immutable saved frames: written whole or not at all, named by their content, checked when they are read."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.data import store
from tasks.data.atomic import write_whole
from tasks.data.digest import canonical_type, column_digests, table_digest
from tasks.data.digest_stream import stream_digests
from tasks.errors import SnapshotDamaged

T = TypeVar("T")
_COLUMN_DIGESTS = b"perennial.column_digests"
_GROUP_ROWS = 100_000
"""Rows of a draft that are in memory at once, and of a row group of it."""
_BATCH_ROWS = 32_768
_verified: set[tuple[str, int, int, int, str]] = set()
"""Columns of files that this process has found to be what they should be, with what tells a file from a later one."""


@dataclass(frozen=True)
class Snapshot:
    """A reference to a saved frame."""

    uri: str
    digest: str
    """SHA-256 over values and schema."""
    rows: int
    start: datetime | None
    """Earliest and latest event time; None when there are no rows, or no time column."""
    end: datetime | None


def save_snapshot(table: pa.Table, folder: Path, *, timestamp: str | None = None) -> Snapshot:
    """Save ``table`` in ``folder`` under its digest, once, and return the reference.

    The file appears whole or not at all: it is written beside its place, flushed to disk, and renamed.
    """
    table = _canonical(table)
    columns = column_digests(table)
    digest = table_digest(columns, table.num_rows)
    path = folder / f"{digest}.parquet"
    if not path.exists():
        _write(table.replace_schema_metadata({_COLUMN_DIGESTS: json.dumps(columns)}), path)
    start, end = _span(table, timestamp)
    return Snapshot(store.keep(path, once=True), digest, table.num_rows, start, end)


def load_snapshot(snapshot: Snapshot, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the saved frame, or the asked ``columns`` of it.

    Raises:
        SnapshotDamaged: the file is gone or unreadable, or what was read does not have the recorded digest.
    """
    asked = list(columns) if columns is not None else None
    return _sound(snapshot, lambda: _load(snapshot, asked))


def load_batches(snapshot: Snapshot, rows: int) -> Iterator[pa.Table]:
    """Yield the saved frame, at most so many ``rows`` at a time, once all of it is known to be what was saved.

    Raises:
        SnapshotDamaged: as ``load_snapshot`` does.
    """
    _sound(snapshot, lambda: _check_all(snapshot))
    with _readable(snapshot), pq.ParquetFile(store.here(snapshot.uri)) as file:
        for batch in file.iter_batches(rows):
            yield pa.Table.from_batches([batch]).replace_schema_metadata(None)


class Draft:
    """A snapshot on its way, of more rows than there is memory for: it has the digest of them all in one piece."""

    def __init__(self, folder: Path, *, timestamp: str | None = None) -> None:
        """The rows are kept in ``folder``, in a file without a name: it goes with the process."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._timestamp = folder, timestamp
        self._file = TemporaryFile(dir=folder, suffix=".unfinished")  # noqa: SIM115 - __exit__ closes it
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._spans: list[datetime] = []
        self.rows = 0

    def __enter__(self) -> "Draft":
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        self._file.close()

    def add(self, table: pa.Table) -> None:
        """Add the rows of ``table``, whose columns are those of the first."""
        table = _canonical(table)
        self.rows += table.num_rows
        self._spans += [moment for moment in _span(table, self._timestamp) if moment is not None]
        self._spans = [min(self._spans), max(self._spans)] if self._spans else []
        self._waiting.append(table)
        if sum(waiting.num_rows for waiting in self._waiting) >= _GROUP_ROWS:
            self._write(whole_groups=True)

    def save(self) -> Snapshot:
        """Save what was added, at least one table, as ``save_snapshot`` would have saved it."""
        self._write(whole_groups=False)
        assert self._writer is not None
        self._writer.close()
        start, end = self._spans or (None, None)
        with pq.ParquetFile(self._file) as drafted:
            columns = _digests(drafted, drafted.schema_arrow.names)
            digest = table_digest(columns, self.rows)
            path = self._folder / f"{digest}.parquet"
            if not path.exists():
                write_whole(path, lambda file: _copy(drafted, columns, file))
        return Snapshot(store.keep(path, once=True), digest, self.rows, start, end)

    def _write(self, *, whole_groups: bool) -> None:
        """Write what waits; if ``whole_groups``, as far as it fills row groups: small ones are slow to read."""
        table = pa.concat_tables(self._waiting).unify_dictionaries()
        rows = table.num_rows - table.num_rows % _GROUP_ROWS if whole_groups else table.num_rows
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, table.schema, **_shape(table.schema))
        self._writer.write_table(table.slice(0, rows), row_group_size=_GROUP_ROWS)
        self._waiting = [table.slice(rows)]


def _sound(snapshot: Snapshot, read: Callable[[], T]) -> T:
    """Return what ``read`` reads; where this machine's copy is damaged, of another one that the store has."""
    try:
        return read()
    except SnapshotDamaged:
        if not store.again(snapshot.uri):
            raise
        return read()


def _load(snapshot: Snapshot, columns: list[str] | None) -> pa.Table:
    with _readable(snapshot):
        table = pq.read_table(store.here(snapshot.uri), columns=columns, memory_map=True)
        recorded = json.loads(table.schema.metadata[_COLUMN_DIGESTS])
    fresh = _fresh(snapshot, table.column_names, table_digest(recorded, table.num_rows))
    _check(snapshot, recorded, column_digests(table.select(fresh)))
    return table.replace_schema_metadata(None)


def _check_all(snapshot: Snapshot) -> None:
    with _readable(snapshot), pq.ParquetFile(store.here(snapshot.uri)) as file:
        recorded = json.loads(file.schema_arrow.metadata[_COLUMN_DIGESTS])
        fresh = _fresh(snapshot, file.schema_arrow.names, table_digest(recorded, file.metadata.num_rows))
        _check(snapshot, recorded, _digests(file, fresh))


def _digests(file: pq.ParquetFile, columns: Sequence[str]) -> dict[str, str]:
    schema = pa.schema([file.schema_arrow.field(name) for name in columns])
    return stream_digests(lambda names: file.iter_batches(_BATCH_ROWS, columns=list(names)), schema)


def _copy(drafted: pq.ParquetFile, columns: Mapping[str, str], into: BinaryIO) -> None:
    schema = drafted.schema_arrow.with_metadata({_COLUMN_DIGESTS: json.dumps(columns)})
    with pq.ParquetWriter(into, schema, **_shape(schema)) as writer:
        for group in range(drafted.num_row_groups):
            writer.write_table(drafted.read_row_group(group).cast(schema))


@contextmanager
def _readable(snapshot: Snapshot) -> Iterator[None]:
    """Turn what a library says of the file into SnapshotDamaged."""
    try:
        yield
    except FileNotFoundError:
        raise SnapshotDamaged(f"{snapshot.uri}: the snapshot is gone; its digest was {snapshot.digest}") from None
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SnapshotDamaged(_damage(snapshot, f"cannot be read ({reason})")) from None


def _fresh(snapshot: Snapshot, names: Sequence[str], whole: str) -> list[str]:
    """Return which columns this process has not hashed yet; ``whole`` is the digest that the file says it has."""
    if whole != snapshot.digest:
        raise SnapshotDamaged(_damage(snapshot, f"has the digest {whole}"))
    return [name for name in names if _identity(snapshot, name) not in _verified]


def _check(snapshot: Snapshot, recorded: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Raise SnapshotDamaged unless every column that was hashed has its digest."""
    for name, digest in found.items():
        if digest != recorded[name]:
            raise SnapshotDamaged(_damage(snapshot, f"column {name} has the digest {digest} and not {recorded[name]}"))
        _verified.add(_identity(snapshot, name))


def _identity(snapshot: Snapshot, column: str) -> tuple[str, int, int, int, str]:
    stat = store.here(snapshot.uri).stat()
    return snapshot.digest, stat.st_ino, stat.st_mtime_ns, stat.st_size, column


def _damage(snapshot: Snapshot, finding: str) -> str:
    return (
        f"{snapshot.uri}: damaged: it was saved with the digest {snapshot.digest} and now {finding}; "
        "delete the file and run again, it is made anew from the source"
    )


def _canonical(table: pa.Table) -> pa.Table:
    schema = pa.schema([pa.field(f.name, canonical_type(f.type)) for f in table.schema])
    return table.replace_schema_metadata(None).cast(schema).unify_dictionaries()


def _write(table: pa.Table, path: Path) -> None:
    write_whole(path, lambda file: pq.write_table(table, file, **_shape(table.schema)))


def _shape(schema: pa.Schema) -> dict[str, Any]:
    texts = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    return {"compression": "lz4", "use_dictionary": texts, "write_statistics": False}


def _span(table: pa.Table, timestamp: str | None) -> tuple[datetime | None, datetime | None]:
    if timestamp is None or table.num_rows == 0:
        return None, None
    ends = pc.min_max(table.column(timestamp)).as_py()
    return ends["min"], ends["max"]
