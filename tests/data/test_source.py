import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.data.digest import column_digests
from tasks.data.source import copy_source, read_source
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.settings import Settings
from tasks.spec import SourceSpec

DAY = datetime(2024, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALWAYS = Window(None, datetime(2100, 1, 1, tzinfo=UTC))
COLUMNS = ["at", "price", "city", "order", "known_at"]
FORMS = ["rows.csv", "rows.csv.gz", "rows.parquet", "csv", "parquet/*.parquet", "sqlite:///rows.db"]


def source(uri: str, **more: Any) -> SourceSpec:
    table = "events" if uri.startswith("sqlite") else None
    return SourceSpec(uri=uri, table=table, timestamp="at", key=["order"], target="y", **more)


def machine(project: Path) -> Settings:
    return Settings(project, project / "home", 1, None)


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    """300 orders over ten days, out of order, with gaps in number, text and time."""
    draw = np.random.default_rng(0)
    minutes = draw.integers(0, 14_400, 300)
    times = pa.array(minutes, pa.duration("s"))
    at = pc.add(pa.scalar(DAY, pa.timestamp("us", "UTC")), pc.multiply(times, 60))
    cities = draw.choice(["Köln", "Paris, France", 'the "Rock"'], 300)
    return pa.table(
        {
            "order": range(300),
            "at": at,
            "city": pa.array(cities, mask=minutes % 7 == 0),
            "price": pa.array(draw.random(300).round(3) + 0.0001, mask=minutes % 5 == 0),
            "known_at": pc.if_else(minutes % 3 == 0, None, pc.add(at, HOUR)),
            "unasked": ["x"] * 300,
        }
    )


@pytest.fixture(scope="module")
def project(rows: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows in every form that a source may have."""
    folder = tmp_path_factory.mktemp("project")
    for form in ("csv", "parquet"):
        (folder / form).mkdir()
        for number, start in enumerate((0, 100, 200)):
            _write(rows.slice(start, 100), folder / form / f"{number}.{form}")
        _write(rows, folder / f"rows.{form}")
    with pa.CompressedOutputStream(folder / "rows.csv.gz", "gzip") as file:
        pyarrow.csv.write_csv(rows, file)
    with sqlite3.connect(folder / "rows.db") as connection:
        connection.execute(f"CREATE TABLE events ({', '.join(f'{name!r}' for name in rows.column_names)})")
        schema = pa.schema([(f.name, pa.string() if pa.types.is_timestamp(f.type) else f.type) for f in rows.schema])
        values = [tuple(row.values()) for row in rows.cast(schema).to_pylist()]
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", values)
    connection.close()
    return folder


def _write(table: pa.Table, path: Path) -> None:
    write = pyarrow.csv.write_csv if path.suffix == ".csv" else pq.write_table
    write(table, path)


@settings(max_examples=25, deadline=None)
@given(start=st.none() | st.integers(-100, 14_500), end=st.integers(-100, 14_500))
def test_any_window_has_the_same_rows_in_every_form_of_source(project, rows, start, end):
    window = Window(None if start is None else DAY + timedelta(minutes=start), DAY + timedelta(minutes=end))
    expected = [row for row in rows.select(COLUMNS).to_pylist() if (window.start or DAY) <= row["at"] < window.end]

    for form in FORMS:
        table = read_source(source(form, label_time="known_at"), COLUMNS, window, machine(project)).table
        assert table.to_pylist() == expected, form


@pytest.mark.parametrize("form", FORMS)
def test_columns_come_in_the_order_asked_with_utc_times_and_encoded_text(project, rows, form):
    found = read_source(source(form, label_time="known_at"), [*COLUMNS, "absent"], ALWAYS, machine(project))

    assert found.table.schema == pa.schema(
        [
            ("at", pa.timestamp("us", tz="UTC")),
            ("price", pa.float64()),
            ("city", pa.dictionary(pa.int32(), pa.string())),
            ("order", pa.int64()),
            ("known_at", pa.timestamp("us", tz="UTC")),
        ]
    )
    assert found.table.schema.metadata is None
    assert found.columns_in_source == tuple(rows.column_names)


@pytest.mark.parametrize("form", FORMS)
def test_a_source_without_the_timestamp_column_says_which_columns_it_has(project, form):
    without = source(form).model_copy(update={"timestamp": "when"})

    with pytest.raises(SourceError, match=r"no column when, which source\.timestamp names; its columns: order, at, "):
        read_source(without, ["when"], ALWAYS, machine(project))


def test_what_pandas_wrote_is_read_without_its_index_and_nan_is_missing(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"at": [DAY, DAY], "x": [1.5, np.nan], "word": pd.Categorical(["a", "b"])}, index=[7, 9])
    frame.to_parquet(tmp_path / "a.parquet")
    pq.write_table(pa.table({"at": [DAY], "x": pa.array([float("nan")])}), tmp_path / "b.parquet")

    found = read_source(source("a.parquet"), ["at", "x", "word"], ALWAYS, machine(tmp_path))
    other = read_source(source("b.parquet"), ["at", "x"], ALWAYS, machine(tmp_path))

    assert found.table.to_pydict() == {"at": [DAY, DAY], "x": [1.5, None], "word": ["a", "b"]}
    assert found.table.schema.metadata is None
    assert other.table["x"].null_count == 1


def test_reading_about_sources_loads_no_heavy_library():
    code = "import sys, tasks.data.source; print({'pandas', 'sqlalchemy'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_column_that_stands_twice_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("at,x,x\n2024-06-01,1,2\n")

    with pytest.raises(SourceError, match=r"a\.csv: 2 columns x; allowed: one; its columns: at, x, x"):
        read_source(source("a.csv"), ["at", "x"], ALWAYS, machine(tmp_path))
    assert read_source(source("a.csv"), ["at"], ALWAYS, machine(tmp_path)).table.num_rows == 1


def test_times_without_a_zone_are_in_the_zone_of_the_source(tmp_path):
    (tmp_path / "a.csv").write_text("at\n2024-06-01 08:00\n")

    found = read_source(source("a.csv", timezone="America/New_York"), ["at"], ALWAYS, machine(tmp_path))

    assert found.table["at"].to_pylist() == [DAY + timedelta(hours=12)]


@settings(max_examples=25, deadline=None)
@given(start=st.none() | st.integers(-100, 14_500), end=st.integers(-100, 14_500))
def test_a_copy_gives_any_window_as_the_source_does(project, copies, start, end):
    window = Window(None if start is None else DAY + timedelta(minutes=start), DAY + timedelta(minutes=end))

    for form, copied in copies.items():
        asked = source(form, label_time="known_at"), COLUMNS, window
        here, there = (read_source(*asked, settings) for settings in (machine(project), copied))
        assert there.table.num_rows == here.table.num_rows, form
        assert here.table.num_rows == 0 or column_digests(there.table) == column_digests(here.table), form
        assert there.columns_in_source == here.columns_in_source


@pytest.fixture(scope="module")
def copies(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Settings]:
    """A copy of the source in every form: by each, the settings with which it is read."""
    folder = tmp_path_factory.mktemp("copies")
    found = {}
    for number, form in enumerate(FORMS):
        copy_source(source(form, label_time="known_at"), COLUMNS, ALWAYS, machine(project), path=folder / str(number))
        found[form] = replace(machine(project), source_copy=folder / str(number))
    return found


def test_a_copy_keeps_what_text_may_mean_and_what_the_spec_makes(tmp_path):
    lines = [f"2024-06-{day:02d},{value},{day}" for day, value in enumerate(("1", "2", "-999", "4.50", "007"), start=1)]
    (tmp_path / "rows.csv").write_text("\n".join(["at,price,order", *lines]))
    made = source("rows.csv", missing=["-999"], row_number="row")
    names, copied = ["at", "price", "order", "row"], replace(machine(tmp_path), source_copy=tmp_path / "copy")
    copy_source(made, names, ALWAYS, machine(tmp_path), path=tmp_path / "copy")
    (tmp_path / "rows.csv").unlink()

    def read(first: int, last: int) -> list[Any]:
        window = Window(DAY + (first - 1) * 24 * HOUR, DAY + last * 24 * HOUR)
        table = read_source(made, names, window, copied).table
        return [table["price"].to_pylist(), table["row"].to_pylist()]

    assert read(1, 3) == [[1, 2, None], [0, 1, 2]]
    assert read(1, 4) == [[1.0, 2.0, None, 4.5], [0, 1, 2, 3]]
    assert read(4, 5) == [["4.50", "007"], [3, 4]]


def test_a_copy_is_refused_as_the_source_is(tmp_path):
    (tmp_path / "rows.csv").write_text("at,order\n2024-06-01,1\nnoon,2\n")

    with pytest.raises(SourceError, match=r"rows\.csv: column at: 1 row has no readable time, such as 'noon'"):
        copy_source(source("rows.csv"), ["at", "order"], ALWAYS, machine(tmp_path), path=tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
