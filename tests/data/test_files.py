import gzip
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.files import open_files
from tasks.data.parquet_file import ParquetFile
from tasks.data.source import read_source
from tasks.data.text import read_text
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.settings import Settings
from tasks.spec import SourceSpec

DAY = datetime(2024, 6, 1, tzinfo=UTC)
ALWAYS = Window(None, datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path


def read(project: Path, uri: str, *columns: str, window: Window = ALWAYS) -> pa.Table:
    source = SourceSpec(uri=uri, timestamp="at", key=["at"], target="y")
    settings = Settings(project, project / "home", 1, None)
    return read_source(source, ["at", *columns], window, settings).table


def test_a_relative_path_starts_at_the_project_and_an_absolute_one_at_the_root(project):
    (project / "data").mkdir()
    (project / "data" / "a.csv").write_text("at,x\n2024-06-01,1\n")

    for uri in ("data/a.csv", str(project / "data" / "a.csv"), "data", "data/*.csv", "**/a.csv"):
        assert [file.name for file in open_files(uri, project)] == [str(project / "data" / "a.csv")]


def test_an_environment_variable_may_stand_in_a_path(project, monkeypatch):
    (project / "a.csv").write_text("at,x\n2024-06-01,1\n")
    monkeypatch.setenv("WHERE", str(project))

    assert read(project, "${WHERE}/a.csv", "x")["x"].to_pylist() == [1]


def test_nothing_there_is_an_error_with_the_path_that_was_tried(project):
    (project / "empty").mkdir()
    (project / "a.xlsx").touch()

    for uri in ("b.csv", "empty", "*.parquet", "a.xlsx"):
        with pytest.raises(
            SourceError, match=rf"nothing to read at {project}/.*allowed: .*\.csv, \.csv\.gz, \.parquet"
        ):
            open_files(uri, project)
    with pytest.raises(
        SourceError, match=r"found 's3://bucket/a\.csv'; allowed: a path, a database URL, or demo:flights"
    ):
        open_files("s3://bucket/a.csv", project)


def test_csv_and_parquet_side_by_side_are_refused(project):
    (project / "a.csv").write_text("at\n2024-06-01\n")
    pq.write_table(pa.table({"at": [DAY]}), project / "b.parquet")

    with pytest.raises(SourceError, match=r"CSV \(1 files, such as a\.csv\) and Parquet \(1 files\) side by side"):
        open_files(".", project)


def test_hidden_files_and_other_kinds_in_a_folder_are_not_read(project):
    for name in (".ipynb_checkpoints/a.csv", "_temporary/b.csv", "notes.txt", "2024/c.csv"):
        (project / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "data" / name).write_text("at\n2024-06-01\n")

    assert [Path(file.name).name for file in open_files("data", project)] == ["c.csv"]


def test_a_file_of_no_bytes_is_an_error_and_one_of_column_names_only_has_no_rows(project):
    (project / "empty.csv").touch()
    for number, text in enumerate(["at,x", "at,x\n", '"at","x"\r\n']):
        (project / f"names{number}.csv").write_text(text)

    assert read(project, "names*.csv", "x").num_rows == 0
    assert read(project, "names0.csv", "x").schema.field("at").type == pa.timestamp("us", tz="UTC")
    with pytest.raises(SourceError, match=r"empty\.csv: the file is empty; a CSV begins with a line of column names"):
        read(project, "empty.csv", "x")


def test_bytes_that_are_not_utf_8_are_named_by_line_and_byte(project):
    (project / "a.csv").write_bytes("at,city\n2024-06-01,Köln\n2024-06-02,Köln\n".encode("latin-1"))
    (project / "b.csv.gz").write_bytes(gzip.compress("at,größe\n".encode("latin-1")))
    (project / "c.csv").write_bytes("at\n2024-06-01\n".encode("utf-16"))

    with pytest.raises(
        SourceError, match=r"a\.csv: line 2, byte 13 is 0xf6, which is not UTF-8; allowed: a CSV in UTF-8"
    ):
        read(project, "a.csv", "city")
    with pytest.raises(SourceError, match=r"b\.csv\.gz: line 1, byte 6 is 0xf6"):
        read(project, "b.csv.gz")
    with pytest.raises(SourceError, match=r"c\.csv: line 1, byte 1 is 0xff"):
        read(project, "c.csv")


def test_a_ragged_row_is_named_by_its_number(project):
    (project / "a.csv").write_text("at,x\n" + "2024-06-01,1\n" * 5 + "2024-06-01,1,2\n")

    with pytest.raises(SourceError, match=r"a\.csv: .*Row #7: Expected 2 columns, got 3: 2024-06-01,1,2"):
        read(project, "a.csv", "x")


def test_what_is_not_parquet_or_is_cut_off_says_so(project):
    (project / "a.parquet").write_text("at,x\n2024-06-01,1\n")
    pq.write_table(pa.table({"at": [DAY]}), project / "b.parquet")
    (project / "b.parquet").write_bytes((project / "b.parquet").read_bytes()[:-20])
    (project / "c.csv.gz").write_bytes(gzip.compress(b"at,x\n" + b"2024-06-01,1\n" * 9)[:-15])

    for name in ("a.parquet", "b.parquet"):
        with pytest.raises(SourceError, match=rf"{name}: it is not a Parquet file"):
            read(project, name)
    with pytest.raises(SourceError, match=r"c\.csv\.gz: "):
        read(project, "c.csv.gz")


def test_a_missing_value_is_missing_in_text_columns_too(project):
    words = ["", "NA", "NaN", "null", "NULL", "None", "n/a", "N/A", '""', "Nantes"]
    (project / "a.csv").write_text("at,x\n" + "".join(f"2024-06-01,{word}\n" for word in words))

    assert read(project, "a.csv", "x")["x"].to_pylist() == [None] * 9 + ["Nantes"]


@pytest.mark.parametrize("first", ["1", "1.5", "NA", "2024-01-01", "true"])
def test_a_type_that_shows_late_in_a_long_file_is_no_error(project, first):
    late = 200_000  # more than the megabyte that is read at a time
    (project / "a.csv").write_text("at,x,y\n" + f"2024-06-01,{first},1\n" * late + "2024-06-01,word,1.5\n")

    table = read(project, "a.csv", "x", "y")

    assert pa.types.is_dictionary(table["x"].type)
    assert table["x"][late].as_py() == "word"
    assert table["y"].type == pa.float64()
    assert table["y"][0].as_py() == 1.0


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["1", "-20", None], pa.int64()),
        (["1", "2.5", "1e3"], pa.float64()),
        (["true", "False"], pa.bool_()),
        (["2024-06-01"], pa.date32()),
        (["2024-06-01 12:00"], pa.timestamp("us")),
        (["2024-06-01T12:00Z"], pa.timestamp("us", tz="UTC")),
        (["007", "12"], pa.string()),
        (["0x10"], pa.string()),
        (["+4930123", "1.5"], pa.string()),
        (["12345678901234567890", "1"], pa.string()),
        (["word", "1"], pa.string()),
    ],
)
def test_text_gets_a_type_only_when_that_loses_nothing(words, kind):
    assert read_text(pa.chunked_array([words], pa.string())).type == kind


def test_line_breaks_in_quotes_and_a_byte_order_mark_are_read(project):
    (project / "a.csv").write_bytes(b'\xef\xbb\xbfat,x,y\r\n2024-06-01,"two\nlines, one value",2\r\n')

    assert read(project, "a.csv", "y", "x").to_pylist() == [{"at": DAY, "y": 2, "x": "two\nlines, one value"}]


def test_only_row_groups_that_may_hold_the_window_are_read(project):
    times = pa.array([DAY + timedelta(hours=hour) for hour in range(1000)], pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"at": times, "x": range(1000)}), project / "a.parquet", row_group_size=100)
    (file,) = open_files("a.parquet", project)

    window = Window(DAY + timedelta(hours=450), DAY + timedelta(hours=451))
    read_rows = sum(batch.num_rows for batch in file.batches(["at"], "at", window))

    assert isinstance(file, ParquetFile)
    assert read_rows <= 3 * 24  # a day wider at both ends, of 1,000
    assert read(project, "a.parquet", "x", window=window)["x"].to_pylist() == [450]


@pytest.mark.parametrize(
    "kind",
    [
        "timestamp[s]",
        "timestamp[ms]",
        "timestamp[us]",
        "timestamp[ns]",
        "date32",
        "date64",
        "string",
        "large_string",
    ],
)
def test_a_window_of_parquet_is_the_same_however_the_time_is_stored(project, kind):
    days = pa.array([DAY + timedelta(days=day) for day in range(10)], pa.timestamp("us", "UTC"))
    stored = days.cast(pa.timestamp("us")).cast(kind)
    pq.write_table(pa.table({"at": stored, "x": range(10)}), project / "a.parquet")

    for start in (None, DAY + timedelta(days=3), datetime(1, 1, 1, tzinfo=UTC)):
        table = read(project, "a.parquet", "x", window=Window(start, DAY + timedelta(days=5)))
        assert table["x"].to_pylist() == list(range(3 if start and start.year > 1 else 0, 5))


def test_a_decimal_is_the_nearest_float(project):
    prices = [Decimal("37.48"), None, Decimal("0.10")]
    pq.write_table(pa.table({"at": [DAY] * 3, "x": prices}), project / "a.parquet")

    assert read(project, "a.parquet", "x")["x"].to_pylist() == [37.48, None, 0.1]


def test_a_parquet_row_without_a_time_is_not_lost_in_silence(project):
    pq.write_table(pa.table({"at": [DAY, None, DAY]}), project / "a.parquet")

    with pytest.raises(SourceError, match=r"a\.parquet: column at: 1 row has no value"):
        read(project, "a.parquet", window=Window(DAY, DAY + timedelta(days=1)))


def test_files_of_one_folder_agree_in_columns_and_types_or_are_refused(project):
    pq.write_table(pa.table({"at": [DAY], "x": [1]}), project / "a.parquet")
    pq.write_table(pa.table({"at": [DAY], "x": [1.5]}), project / "b.parquet")
    assert read(project, "*.parquet", "x")["x"].to_pylist() == [1.0, 1.5]

    pq.write_table(pa.table({"at": [DAY], "x": ["one"]}), project / "c.parquet")
    with pytest.raises(SourceError, match=r"column x is .*string.* in .*c\.parquet and .*; allowed: one type"):
        read(project, "*.parquet", "x")

    pq.write_table(pa.table({"at": [DAY]}), project / "c.parquet")
    with pytest.raises(SourceError, match=r"c\.parquet: no column x, which other files have; its columns: at"):
        read(project, "*.parquet", "x")
