"""Rows in a CSV file."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from tasks.data.file_errors import explained, open_bytes
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.spec import CsvSpec

MISSING = ["", "NA", "NaN", "nan", "null", "NULL", "None", "n/a", "N/A"]
"""What stands for a missing value in a CSV, in text columns too."""
_DECIMAL_COMMA = r"^(\s*[+-]?\d+),(\d+(?:[eE][+-]?\d+)?\s*)$"


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
        with explained(self.path, self.form):
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


def open_csv(path: Path, form: CsvSpec) -> CsvFile:
    """Return the file at ``path``, whose first line names its columns; raise SourceError if it cannot be read so."""
    encoding = "utf-8-sig" if codecs.lookup(form.encoding).name == "utf-8" else form.encoding
    with explained(path, form), io.TextIOWrapper(open_bytes(path), encoding, newline="") as file:
        names = next((names for names in csv.reader(file, delimiter=form.delimiter) if names), None)
    if names is None:
        raise SourceError(f"{path}: the file is empty; a CSV begins with a line of column names")
    return CsvFile(path, tuple(names), form)


def _with_points(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return ``batch`` with a point before the decimals of its numbers, where a comma stood."""
    arrays = [pc.replace_substring_regex(column, _DECIMAL_COMMA, r"\1.\2") for column in batch.columns]
    return pa.record_batch(arrays, names=batch.schema.names)
