from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.clocks import spread_places
from tasks.data.source import read_source, stream_source
from tasks.data.window import Window
from tasks.errors import SourceError, SpecError
from tasks.settings import Settings
from tasks.spec import ModelSpec, SourceSpec, read_spec

ALWAYS = Window(None, datetime(2100, 1, 1, tzinfo=UTC))


def source(uri: str, **more: Any) -> SourceSpec:
    return SourceSpec.model_validate({"uri": uri, "timestamp": "time", "key": ["row"], "target": "y", **more})


def read(folder: Path, given: SourceSpec, *columns: str, window: Window = ALWAYS) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = read_source(
        given, columns, window, Settings(folder, folder / "home", 1, None)
    ).table.to_pydict()
    return found


def day(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def csv(tmp_path: Path) -> Any:
    def write(text: str, encoding: str = "utf-8", name: str = "rows.csv") -> Path:
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path

    return write


def test_a_time_is_put_together_from_its_pieces_month_names_and_hour_24_included(csv: Any) -> None:
    folder = csv("yr,mon,d,hr\n2024,Jan,31,24\n2024,march,1,5\n2024,12,31,0\n")
    pieces = {"kind": "pieces", "year": "yr", "month": "mon", "day": "d", "hour": "hr"}

    assert read(folder, source("rows.csv", clock=pieces), "time")["time"] == [day(2, 1), day(3, 1, 5), day(12, 31)]


def test_a_date_and_an_hour_are_a_time_in_the_zone_of_the_source(csv: Any) -> None:
    folder = csv("day,hr\n03.07.2024,10\n")
    pieces = {"kind": "pieces", "date": "day", "date_format": "%d.%m.%Y", "hour": "hr"}

    given = source("rows.csv", clock=pieces, timezone="Europe/Berlin")

    assert read(folder, given, "time")["time"] == [day(7, 3, 8)]


@pytest.mark.parametrize("piece", ["2024,2,30", "2024,13,1", "2024,,1"])
def test_a_day_that_there_is_not_is_refused_as_a_row_without_a_time(csv: Any, piece: str) -> None:
    folder = csv(f"yr,mon,d\n2024,1,1\n{piece}\n")
    pieces = {"kind": "pieces", "year": "yr", "month": "mon", "day": "d"}

    with pytest.raises(SourceError, match="column time: 1 row has no value"):
        read(folder, source("rows.csv", clock=pieces), "time")


@pytest.mark.parametrize(
    ("written", "formats"),
    [
        ("31/01/2024 14:05", ["%d/%m/%Y %H:%M"]),
        ("Jan 31 2024 02:05 PM", ["%d/%m/%Y %H:%M", "%b %d %Y %I:%M %p"]),
        ("1706709900", ["seconds"]),
        ("1706709900000", ["milliseconds"]),
    ],
)
def test_a_time_is_read_as_it_is_written_under_its_own_name_too(csv: Any, written: str, formats: list[str]) -> None:
    folder = csv(f"time,y\n{written},1\n")
    clock = {"kind": "written", "column": "time", "formats": formats}

    assert read(folder, source("rows.csv", clock=clock), "time", "y") == {"time": [day(1, 31, 14, 5)], "y": [1]}


def test_the_order_of_rows_is_a_time_and_a_key_over_several_files_whatever_is_asked(csv: Any, tmp_path: Path) -> None:
    csv("x,y\n5,0\n6,0\n", name="a.csv")
    csv("x,y\n7,1\n", name="b.csv")
    given = source("*.csv", clock={"kind": "rows", "first": "2024-01-01", "every": "1d"}, row_number="row")
    late = Window(day(1, 2), day(2, 1))

    assert read(tmp_path, given, "row", "x", "time", window=late) == {
        "row": [1, 2],
        "x": [6, 7],
        "time": [day(1, 2), day(1, 3)],
    }
    with stream_source(given, ["row", "time"], late, Settings(tmp_path, tmp_path, 1, None)) as stream:
        assert [number for batch in stream.batches for number in batch.column("row").to_pylist()] == [1, 2]


def test_rows_of_parquet_are_counted_before_any_is_left_out(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": range(10)}), tmp_path / "rows.parquet", row_group_size=3)
    given = source("rows.parquet", clock={"kind": "rows", "first": "2024-01-01", "every": "1h"}, row_number="row")

    assert read(tmp_path, given, "row", "x", "time", window=Window(day(1, 1, 8), ALWAYS.end))["row"] == [8, 9]


def test_a_sorted_file_is_spread_so_that_every_window_has_all_of_it() -> None:
    classes = np.repeat([0, 1, 2], 50)
    places = spread_places(np.arange(160), 150)

    in_time = classes[np.argsort(places[:150])]
    shares = [np.bincount(part, minlength=3) for part in np.split(in_time, 5)]
    assert sorted(places[:150]) == list(range(150))
    assert places[150:].tolist() == list(range(150, 160))  # rows that are appended come after
    assert all(count.min() >= 9 for count in shares)


def test_further_spellings_of_missing_are_read_as_missing_in_text_and_in_numbers(csv: Any, tmp_path: Path) -> None:
    csv("time,x,y\n2024-01-01,?,-999\n2024-01-02,3.5,2\n")
    pq.write_table(pa.table({"time": [day(1, 1)] * 2, "x": ["?", "a"], "y": [-999.0, 2.0]}), tmp_path / "rows.parquet")

    given = {"missing": ["?", "-999"]}
    csv_rows, parquet_rows = (
        read(tmp_path, source(f"rows.{kind}", **given), "x", "y", "time") for kind in ("csv", "parquet")
    )
    assert (csv_rows["x"], csv_rows["y"]) == ([None, 3.5], [None, 2])
    assert (parquet_rows["x"], parquet_rows["y"]) == ([None, "a"], [None, 2.0])


def test_a_csv_with_semicolons_commas_and_umlauts_is_read_as_the_spec_says(csv: Any) -> None:
    folder = csv('time;größe;ort\n2024-01-01;1,5;"Köln; Süd"\n2024-01-02;-2;1,2,3\n', encoding="latin-1")
    form = {"delimiter": ";", "decimal": ",", "encoding": "latin-1"}

    found = read(folder, source("rows.csv", csv=form), "größe", "ort", "time")

    assert (found["größe"], found["ort"]) == ([1.5, -2.0], ["Köln; Süd", "1,2,3"])


def test_a_column_that_is_there_already_is_not_made_again(csv: Any) -> None:
    folder = csv("time,row\n2024-01-01,1\n")

    with pytest.raises(SourceError, match=r"there is a column row already; source.row_number needs a name of its own"):
        read(folder, source("rows.csv", row_number="row"), "row", "time")


def test_a_piece_that_is_not_there_is_named(csv: Any) -> None:
    folder = csv("yr,d\n2024,1\n")
    clock = {"kind": "pieces", "year": "yr", "month": "mon"}

    with pytest.raises(SourceError, match=r"no column mon, which source.clock names; its columns: yr, d"):
        read(folder, source("rows.csv", clock=clock), "time")


def test_rows_of_a_database_have_no_order(spec: ModelSpec) -> None:
    written = spec.model_dump(mode="json", exclude_none=True)
    written["source"] |= {"uri": "sqlite:///a.db", "table": "orders", "row_number": "row"}

    with pytest.raises(SpecError, match="neither with a database: its rows have no order"):
        read_spec(written, "f.toml")


def test_a_step_of_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="more than no time at all"):
        source("rows.csv", clock={"kind": "rows", "first": "2024-01-01", "every": timedelta(0)})
