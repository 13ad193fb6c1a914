"""Rows in CSV and Parquet: a file, a folder of them, or a glob."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tasks.data.digest import canonical_type
from tasks.data.times import LOCAL_TIME, widen
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.spec import CsvSpec

if TYPE_CHECKING:
    import pyarrow.dataset as ds

MISSING = ["", "NA", "NaN", "nan", "null", "NULL", "None", "n/a", "N/A"]
"""What stands for a missing value in a CSV, in text columns too."""
_DECIMAL_COMMA = r"^(\s*[+-]?\d+),(\d+(?:[eE][+-]?\d+)?\s*)$"
_ENDINGS = (".csv", ".csv.gz", ".parquet")
_NANOSECONDS = datetime(1677, 9, 22, tzinfo=UTC), datetime(2262, 4, 11, tzinfo=UTC)
"""The first and the last day that 64 bits of nanoseconds can tell."""


@dataclass(frozen=True)
class CsvFile:
    """A CSV file, its columns named in the first line; all its values come as text."""

    path: Path
    columns: tuple[str, ...]
    form: CsvSpec = field(default_factory=CsvSpec)
    typed: ClassVar[bool] = False

    @property
    def name(self) -> str:
        return str(self.path)

    def batches(self, columns: Sequence[str], _timestamp: str | None, _window: Window, /) -> Iterator[pa.RecordBatch]:
        """Yield all rows, about a megabyte at a time: a CSV has to be read to know what is in it."""
        with _explained(self.path, self.form):
            try:
                for batch in self._open(columns):
                    yield _with_points(batch) if self.form.decimal == "," else batch
            except pa.ArrowInvalid as error:
                # A file that ends within its first line has columns and no rows.
                if "Empty CSV file or block" not in str(error):
                    raise

    def _open(self, columns: Sequence[str]) -> pacsv.CSVStreamingReader:
        return pacsv.open_csv(
            self.path,
            # Only without threads are the rows of an error numbered.
            read_options=pacsv.ReadOptions(use_threads=False, encoding=self.form.encoding),
            parse_options=pacsv.ParseOptions(delimiter=self.form.delimiter, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=MISSING,
                strings_can_be_null=True,
            ),
        )


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
        with _explained(self.path):
            yield from ds.dataset(self.path, format=kind).to_batches(
                columns=list(columns), filter=near, batch_readahead=1, fragment_readahead=1, use_threads=False
            )


def open_files(uri: str, project: Path, form: CsvSpec | None = None) -> Sequence[CsvFile | ParquetFile]:
    """Return the files at ``uri``, sorted by path, all of one kind; a relative path starts at ``project``.

    ``form`` says how a CSV is written; None: as usual.
    """
    if "://" in uri:
        raise SourceError(f"source.uri: found {uri!r}; allowed: a path, a database URL, or demo:flights")
    place = project / Path(uri).expanduser()
    paths = find_files(place)
    if not paths:
        raise SourceError(
            f"source.uri: nothing to read at {place}; allowed: a file, a folder or a glob of "
            f"{', '.join(_ENDINGS)}, and a relative path starts at {project}"
        )
    if len({_is_parquet(path) for path in paths}) > 1:
        csvs = [path for path in paths if not _is_parquet(path)]
        raise SourceError(
            f"{place}: found CSV ({len(csvs)} files, such as {csvs[0].name}) and Parquet "
            f"({len(paths) - len(csvs)} files) side by side; allowed: one of the two. Name one by a glob"
        )
    return [_open_parquet(path) if _is_parquet(path) else _open_csv(path, form or CsvSpec()) for path in paths]


def find_files(place: Path) -> list[Path]:
    """Return the files of a table at ``place``: a file, a folder or a glob."""
    if place.is_file():
        found = [place]
    elif place.is_dir():
        found = [path for path in place.rglob("*") if not _is_hidden(path.relative_to(place))]
    else:
        found = list(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
    return sorted(path for path in found if path.name.lower().endswith(_ENDINGS) and path.is_file())


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _open_csv(path: Path, form: CsvSpec) -> CsvFile:
    encoding = "utf-8-sig" if codecs.lookup(form.encoding).name == "utf-8" else form.encoding
    with _explained(path, form), io.TextIOWrapper(open_bytes(path), encoding, newline="") as file:
        names = next((names for names in csv.reader(file, delimiter=form.delimiter) if names), None)
    if names is None:
        raise SourceError(f"{path}: the file is empty; a CSV begins with a line of column names")
    return CsvFile(path, tuple(names), form)


def _with_points(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return ``batch`` with a point before the decimals of its numbers, where a comma stood."""
    arrays = [pc.replace_substring_regex(column, _DECIMAL_COMMA, r"\1.\2") for column in batch.columns]
    return pa.record_batch(arrays, names=batch.schema.names)


def _open_parquet(path: Path) -> ParquetFile:
    with _explained(path):
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


@contextmanager
def _explained(path: Path, form: CsvSpec | None = None) -> Iterator[None]:
    """Turn what a library says about ``path`` into a SourceError."""
    try:
        yield
    except (pa.ArrowException, OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, UnicodeDecodeError) or "UTF8" in reason:
            reason = _undecodable(path, form.encoding if form else "utf-8", error)
        if "magic bytes" in reason or "Parquet file size" in reason:
            reason = f"it is not a Parquet file ({reason})"
        raise SourceError(f"{path}: {reason}") from None


def _undecodable(path: Path, encoding: str, error: Exception) -> str:
    if codecs.lookup(encoding).name != "utf-8":
        return f"it is not {encoding}, which source.csv.encoding says: {error}"
    return f"{_first_bad_byte(path)}; allowed: a CSV in UTF-8, or in what source.csv.encoding says"


def _first_bad_byte(path: Path) -> str:
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return f"line {number}, byte {error.start + 1} is 0x{line[error.start]:02x}, which is not UTF-8"
    return "it is not UTF-8"


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, packed or not."""
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]
