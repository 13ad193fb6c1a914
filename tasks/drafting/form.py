"""How a CSV is written: its encoding, what stands between values, and what before decimals. Or why it is none."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from tasks.data.file_errors import open_bytes
from tasks.errors import SourceError
from tasks.spec import CsvSpec

_LOOKED_AT = 65_536
_LINES = 200
_BLOCK = 1 << 20
_DELIMITERS = ",;\t|"
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_NUMBER = re.compile(r"-?\d+([.,]\d+)?([eE][+-]?\d+)?")
_OTHERS = (
    (rb"\s*<(!doctype|html|\?xml)", "it is a page, HTML or XML, that was saved under the name of a table"),
    (rb"PK\x03\x04", "it is a packed file, such as a sheet of Excel; export it as CSV"),
    (rb"PAR1", "it is a Parquet file; give it that ending"),
    (rb"\s*[{\[]", "it is JSON; write it as CSV or Parquet"),
    (rb"%PDF", "it is a PDF"),
)
"""How files begin that are no CSV, and what to say of them."""


def find_form(path: Path) -> CsvSpec:
    """Return how the CSV at ``path`` is written.

    Raises:
        SourceError: it is empty, something else, in several encodings, or without a line of names.
    """
    with open_bytes(path) as file:
        start = file.read(_LOOKED_AT)
    if not start.strip():
        raise SourceError(f"{path}: the file is empty ({len(start)} bytes); a CSV begins with a line of column names")
    for sign, what in _OTHERS:
        if re.match(sign, start.removeprefix(codecs.BOM_UTF8), re.IGNORECASE):
            raise SourceError(f"{path}: {what}")
    encoding = _encoding(path, start)
    whole, _, _ = start.rpartition(b"\n") if len(start) == _LOOKED_AT else (start, b"", b"")
    text = codecs.decode(whole or start, "utf-8-sig" if encoding == "utf-8" else encoding, "ignore")
    lines = text.splitlines()[:_LINES]
    delimiter = _delimiter(lines)
    rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    _check_names(path, rows)
    return CsvSpec(delimiter=delimiter, encoding=encoding, decimal=_decimal(rows[1:], delimiter))


def _encoding(path: Path, start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    bad = _first_bad_line(path)
    if bad is None:
        return "utf-8"
    number, line = bad
    if (both := _line_in_utf8(path)) is not None:
        raise SourceError(
            f"{path}: mixed encodings: line {both} is in UTF-8, and line {number} is not (byte "
            f"0x{line[_bad_byte(line)]:02x}); allowed: one encoding in the whole file"
        )
    return "cp1252" if not set(line) & {0x81, 0x8D, 0x8F, 0x90, 0x9D} else "latin-1"


def _first_bad_line(path: Path) -> tuple[int, bytes] | None:
    """Return number and bytes of the first line that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(path) as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return next(((n, line) for n, line in _lines(path) if _bad_byte(line) >= 0), (1, b"\xff"))
    return None


def _line_in_utf8(path: Path) -> int | None:
    """Return the number of the first line that has letters of more than one byte, and all of them in UTF-8."""
    return next((n for n, line in _lines(path) if not line.isascii() and _bad_byte(line) < 0), None)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with open_bytes(path) as file:
        yield from enumerate(file, start=1)


def _bad_byte(line: bytes) -> int:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1


def _delimiter(lines: Sequence[str]) -> str:
    """Return what parts most lines into as many values as the first, and into most values."""

    def fits(delimiter: str) -> tuple[bool, int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        alike = sum(width == widths[0] for width in widths) if widths else 0
        return bool(widths) and widths[0] > 1, alike * 10 // max(len(widths), 1), widths[0] if widths else 0

    return max(_DELIMITERS, key=fits)


def _check_names(path: Path, rows: Sequence[Sequence[str]]) -> None:
    names = [name.strip() for name in rows[0]] if rows else []
    if names and all(_NUMBER.fullmatch(name) for name in names):
        raise SourceError(
            f"{path}: its first line holds values ({', '.join(names[:3])}), not names; write the names of its columns "
            "into a line before them"
        )
    if again := [name for name in dict.fromkeys(rows[0] if rows else []) if name and list(rows[0]).count(name) > 1]:
        raise SourceError(
            f"{path}: {rows[0].count(again[0])} columns are named {again[0]!r}; allowed: one of each name"
        )


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> Literal[".", ","]:
    """Return a comma if some column is of numbers that are written with it."""
    if delimiter == ",":
        return "."
    columns = zip(*(row for row in rows if len(row) == len(rows[0])), strict=True)
    for column in columns:
        filled = [value.strip() for value in column if value.strip()]
        numbers = [value for value in filled if _NUMBER.fullmatch(value)]
        with_comma = [value for value in numbers if _DECIMAL_COMMA.fullmatch(value)]
        if with_comma and len(numbers) >= 0.8 * len(filled):
            return ","
    return "."
