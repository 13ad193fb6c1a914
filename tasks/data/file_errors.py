"""What a library says of a file, as one clear error."""

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa

from tasks.errors import SourceError
from tasks.spec import CsvSpec


@contextmanager
def explained(path: Path, form: CsvSpec | None = None) -> Iterator[None]:
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
