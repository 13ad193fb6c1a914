"""Rows in a Parquet file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data.digest import canonical_type
from tasks.data.file_errors import explained
from tasks.data.times import LOCAL_TIME, widen
from tasks.data.window import Window

if TYPE_CHECKING:
    import pyarrow.dataset as ds

_NANOSECONDS = datetime(1677, 9, 22, tzinfo=UTC), datetime(2262, 4, 11, tzinfo=UTC)
"""The first and the last day that 64 bits of nanoseconds can tell."""


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file."""

    path: Path
    schema: pa.Schema
    typed: ClassVar[bool] = True

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.schema.names)

    def batches(self, columns: Sequence[str], timestamp: str | None, window: Window, /) -> Iterator[pa.RecordBatch]:
        """Yield the rows that may be in ``window``; row groups that cannot hold any are not read."""
        import pyarrow.dataset as ds  # imports pandas where that is installed

        text = {field.name for field in self.schema if pa.types.is_dictionary(canonical_type(field.type))}
        # Not ahead of whoever asks for the next batch: Arrow would read 400 MB of a large file while that one works.
        one_by_one = ds.ParquetFragmentScanOptions(pre_buffer=False)
        kind = ds.ParquetFileFormat(
            read_options=ds.ParquetReadOptions(dictionary_columns=text), default_fragment_scan_options=one_by_one
        )
        near = None if timestamp is None else _may_be_in(window, timestamp, self.schema.field(timestamp).type)
        with explained(self.path):
            yield from ds.dataset(self.path, format=kind).to_batches(
                columns=list(columns), filter=near, batch_readahead=1, fragment_readahead=1, use_threads=False
            )


def open_parquet(path: Path) -> ParquetFile:
    """Return the file at ``path``; raise SourceError if it is no Parquet file."""
    with explained(path):
        return ParquetFile(path, pq.read_schema(path).remove_metadata())


def _may_be_in(window: Window, timestamp: str, kind: pa.DataType) -> "ds.Expression | None":
    """Return what rows in ``window`` fulfil, and those without a time: they must be seen to be refused."""
    import pyarrow.dataset as ds

    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return None
    near, time = widen(window), ds.field(timestamp)
    inside = time < _moment(near.end, kind)
    if near.start is not None:
        inside &= time >= _moment(near.start, kind)
    return inside | time.is_null()


def _moment(moment: datetime, kind: pa.DataType) -> pa.Scalar:
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        moment = min(max(moment, _NANOSECONDS[0]), _NANOSECONDS[1])
    return pa.scalar(moment.replace(tzinfo=None), LOCAL_TIME).cast(kind)
