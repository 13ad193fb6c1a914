"""A snapshot of more rows than there is memory for, put together part by part."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data import store
from tasks.data.atomic import write_whole
from tasks.data.digest import table_digest
from tasks.data.snapshot import Snapshot, span_of
from tasks.data.snapshot_file import canonical, digests_in, metadata_of, shape

_GROUP_ROWS = 100_000
"""Rows of a draft that are in memory at once, and of a row group of it."""


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
        table = canonical(table)
        self.rows += table.num_rows
        self._spans += [moment for moment in span_of(table, self._timestamp) if moment is not None]
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
            columns = digests_in(drafted, drafted.schema_arrow.names)
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
            self._writer = pq.ParquetWriter(self._file, table.schema, **shape(table.schema))
        self._writer.write_table(table.slice(0, rows), row_group_size=_GROUP_ROWS)
        self._waiting = [table.slice(rows)]


def _copy(drafted: pq.ParquetFile, columns: Mapping[str, str], into: BinaryIO) -> None:
    schema = drafted.schema_arrow.with_metadata(metadata_of(columns))
    with pq.ParquetWriter(into, schema, **shape(schema)) as writer:
        for group in range(drafted.num_row_groups):
            writer.write_table(drafted.read_row_group(group).cast(schema))
