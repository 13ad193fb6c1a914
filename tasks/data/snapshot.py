"""Immutable saved frames: written whole or not at all, named by their content, checked when they are read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.data.atomic import write_whole
from tasks.data.digest import canonical_type, column_digests, table_digest
from tasks.errors import SnapshotDamaged

_COLUMN_DIGESTS = b"perennial.column_digests"
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
    return Snapshot(str(path), digest, table.num_rows, start, end)


def load_snapshot(snapshot: Snapshot, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the saved frame, or the asked ``columns`` of it.

    Raises:
        SnapshotDamaged: the file is gone or unreadable, or what was read does not have the recorded digest.
    """
    path = Path(snapshot.uri)
    try:
        table = pq.read_table(path, columns=list(columns) if columns is not None else None, memory_map=True)
        recorded = json.loads(table.schema.metadata[_COLUMN_DIGESTS])
    except FileNotFoundError:
        raise SnapshotDamaged(f"{path}: the snapshot is gone; its digest was {snapshot.digest}") from None
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SnapshotDamaged(_damage(snapshot, f"cannot be read ({reason})")) from None
    _check(snapshot, recorded, table)
    return table.replace_schema_metadata(None)


def _check(snapshot: Snapshot, recorded: dict[str, str], table: pa.Table) -> None:
    """Raise SnapshotDamaged unless every column of ``table`` has its digest; one that had it is not hashed again."""
    whole = table_digest(recorded, table.num_rows)
    if whole != snapshot.digest:
        raise SnapshotDamaged(_damage(snapshot, f"has the digest {whole}"))
    stat = Path(snapshot.uri).stat()
    known = {name: (snapshot.digest, stat.st_ino, stat.st_mtime_ns, stat.st_size, name) for name in table.column_names}
    fresh = [name for name in table.column_names if known[name] not in _verified]
    for name, digest in column_digests(table.select(fresh)).items():
        if digest != recorded[name]:
            raise SnapshotDamaged(_damage(snapshot, f"column {name} has the digest {digest} and not {recorded[name]}"))
        _verified.add(known[name])


def _damage(snapshot: Snapshot, finding: str) -> str:
    return (
        f"{snapshot.uri}: damaged: it was saved with the digest {snapshot.digest} and now {finding}; "
        "delete the file and run again, it is made anew from the source"
    )


def _canonical(table: pa.Table) -> pa.Table:
    schema = pa.schema([pa.field(f.name, canonical_type(f.type)) for f in table.schema])
    return table.replace_schema_metadata(None).cast(schema).unify_dictionaries()


def _write(table: pa.Table, path: Path) -> None:
    texts = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    shape = {"compression": "lz4", "use_dictionary": texts, "write_statistics": False}
    write_whole(path, lambda file: pq.write_table(table, file, **shape))


def _span(table: pa.Table, timestamp: str | None) -> tuple[datetime | None, datetime | None]:
    if timestamp is None or table.num_rows == 0:
        return None, None
    ends = pc.min_max(table.column(timestamp)).as_py()
    return ends["min"], ends["max"]
