"""Immutable saved frames: written whole or not at all, named by their content, checked when they are read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.data import store
from tasks.data.atomic import write_whole
from tasks.data.digest import column_digests, table_digest
from tasks.data.snapshot_file import canonical, digests_in, metadata_of, recorded_digests, shape
from tasks.errors import SnapshotDamaged

T = TypeVar("T")
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
    table = canonical(table)
    columns = column_digests(table)
    digest = table_digest(columns, table.num_rows)
    path = folder / f"{digest}.parquet"
    if not path.exists():
        named = table.replace_schema_metadata(metadata_of(columns))
        write_whole(path, lambda file: pq.write_table(named, file, **shape(named.schema)))
    start, end = span_of(table, timestamp)
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


def span_of(table: pa.Table, timestamp: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the earliest and the latest event time; None twice when there are no rows, or no time column."""
    if timestamp is None or table.num_rows == 0:
        return None, None
    ends = pc.min_max(table.column(timestamp)).as_py()
    return ends["min"], ends["max"]


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
        recorded = recorded_digests(table.schema)
    fresh = _fresh(snapshot, table.column_names, table_digest(recorded, table.num_rows))
    _check(snapshot, recorded, column_digests(table.select(fresh)))
    return table.replace_schema_metadata(None)


def _check_all(snapshot: Snapshot) -> None:
    with _readable(snapshot), pq.ParquetFile(store.here(snapshot.uri)) as file:
        recorded = recorded_digests(file.schema_arrow)
        fresh = _fresh(snapshot, file.schema_arrow.names, table_digest(recorded, file.metadata.num_rows))
        _check(snapshot, recorded, digests_in(file, fresh))


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
