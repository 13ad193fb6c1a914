import gzip
from pathlib import Path

import pytest

from tasks.drafting.form import find_form
from tasks.errors import SourceError
from tasks.spec import CsvSpec


def write(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "rows.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("a,b\n1.5,x\n", "utf-8", CsvSpec()),
        ("a,b\n1.5,ö\n", "utf-8-sig", CsvSpec()),
        ("a;b\n1,5;x\n2,25;y\n", "utf-8", CsvSpec(delimiter=";", decimal=",")),
        ("a\tb\n1\tx, y, z\n", "utf-8", CsvSpec(delimiter="\t")),
        ("a|b\n1|2\n", "utf-8", CsvSpec(delimiter="|")),
        ('a;b\n"x, y; z";2\n', "cp1252", CsvSpec(delimiter=";")),
        ("a,b\n1,Köln\n", "cp1252", CsvSpec(encoding="cp1252")),
        ("a,b\n1,Köln\n", "utf-16", CsvSpec(encoding="utf-16")),
        ("a\n1\n", "utf-8", CsvSpec()),
    ],
)
def test_how_a_csv_is_written_is_seen(tmp_path: Path, text: str, encoding: str, found: CsvSpec) -> None:
    assert find_form(write(tmp_path, text, encoding)) == found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"the file is empty \(0 bytes\)"),
        (b"\n \n", "the file is empty"),
        (b"<!DOCTYPE html>\n<p>404</p>", "it is a page, HTML or XML"),
        (b"\xef\xbb\xbf<html>", "it is a page"),
        (b"PK\x03\x04...", "such as a sheet of Excel"),
        (b'[{"a": 1}]', "it is JSON"),
        (b"1,2,3\n4,5,6\n", r"its first line holds values \(1, 2, 3\), not names"),
        (b"a,b,a\n1,2,3\n", "2 columns are named 'a'"),
        ("a\nKöln\n".encode() + "Köln\n".encode("latin-1"), "mixed encodings: line 2 is in UTF-8, and line 3 is not"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        find_form(write(tmp_path, content))


def test_a_packed_csv_is_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"a;b\n1;2\n"))

    assert find_form(path) == CsvSpec(delimiter=";")
