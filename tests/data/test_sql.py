import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from tasks.data.source import Rows, read_source
from tasks.data.sql import fill, may_be_in, open_database
from tasks.data.window import Window
from tasks.errors import SettingsError, SourceError
from tasks.settings import Settings
from tasks.spec import SourceSpec

DAY = datetime(2024, 6, 1, tzinfo=UTC)
NAIVE = DAY.replace(tzinfo=None)
ALWAYS = Window(None, datetime(2100, 1, 1, tzinfo=UTC))
NASTY = 'x"; DROP TABLE events; --'


def spec(uri: str = "sqlite:///events.db", table: str | None = "events", query: str | None = None) -> SourceSpec:
    return SourceSpec(uri=uri, table=table, query=query, timestamp="at", key=["at"], target="y")


def read(source: SourceSpec, project: Path, *columns: str, window: Window = ALWAYS) -> Rows:
    return read_source(source, ["at", *columns], window, Settings(project, project / "home", 1, None))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with ten daily events in events.db, written by SQLAlchemy from DateTime."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'events.db'}")
    events = sa.Table("events", sa.MetaData(), sa.Column("at", sa.DateTime), sa.Column("x", sa.Integer))
    with engine.begin() as connection:
        events.create(connection)
        days = [{"at": NAIVE + timedelta(days=i), "x": i} for i in range(10)]
        connection.execute(events.insert(), days)
    engine.dispose()
    return tmp_path


def fill_table(project: Path, name: str, columns: list[str], rows: Sequence[tuple[object, ...]]) -> None:
    quoted = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
    with sqlite3.connect(project / "events.db") as connection:
        connection.execute(f'CREATE TABLE "{name}" ({quoted})')
        connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', rows)
    connection.close()


def test_a_table_and_a_query_give_the_rows_of_the_window(project):
    window = Window(DAY + timedelta(days=2), DAY + timedelta(days=4))
    query = "SELECT at, x, '12:30 :y 100%' AS word FROM events WHERE x <> 3; -- but one"

    whole = read(spec(), project, "x", window=window)
    part = read(spec(table=None, query=query.replace("; --", " --")), project, "word", "x", window=window)

    assert whole.table.to_pylist() == [{"at": DAY + timedelta(days=i), "x": i} for i in (2, 3)]
    assert part.table.to_pylist() == [{"at": DAY + timedelta(days=2), "word": "12:30 :y 100%", "x": 2}]
    assert part.columns_in_source == ("at", "x", "word")
    assert pa.types.is_dictionary(part.table.schema.field("word").type)


@pytest.mark.parametrize(
    "style", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+00:00", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S.%f"]
)
def test_times_kept_as_text_are_bounded_exactly_whatever_their_style(project, style):
    times = [DAY + timedelta(hours=hour) for hour in range(72)]
    fill_table(project, "hourly", ["at", "x"], [(time.strftime(style), i) for i, time in enumerate(times)])

    table = read(spec(table="hourly"), project, "x", window=Window(times[30], times[33])).table

    assert table["x"].to_pylist() == [30, 31, 32]


def test_an_offset_may_take_a_text_to_another_day_than_it_says(project):
    fill_table(project, "far", ["at"], [("2024-06-03T13:00:00+14:00",), ("2024-06-01T11:00:00-12:00",)])

    day = Window(DAY + timedelta(days=1), DAY + timedelta(days=2))

    assert read(spec(table="far"), project, window=day).table.num_rows == 1
    assert read(spec(table="far"), project, window=Window(DAY, DAY + timedelta(days=1))).table.num_rows == 1


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (None, r"column at: 1 row has no value"),
        ("01/02/2024", r"column at: 1 row has no readable time, such as '01/02/2024'"),
        (1717243200, r"column at: 1 row has no readable time, such as '1717243200'"),
    ],
)
def test_a_row_whose_time_is_missing_or_not_iso_is_seen_even_outside_the_window(project, kept, message):
    fill_table(project, "mixed", ["at"], [("2024-06-01",), ("2024-06-02",), (kept,)])

    with pytest.raises(SourceError, match=message):
        read(spec(table="mixed"), project, window=Window(DAY, DAY + timedelta(days=1)))


def test_times_kept_as_numbers_are_refused_with_a_sample(project):
    fill_table(project, "epoch", ["at"], [(1717243200,)])

    with pytest.raises(SourceError, match=r"events\.db: column at holds int values, such as 1717243200; allowed: "):
        read(spec(table="epoch"), project)


def test_a_column_name_is_a_name_and_never_sql(project):
    fill_table(project, "odd", ["at", NASTY, "a:b", "c.d", "100%"], [("2024-06-01", 1, 2, 3, 4)])

    table = read(spec(table="odd"), project, NASTY, "a:b", "c.d", "100%").table
    query = read(spec(table=None, query='SELECT * FROM "odd"'), project, NASTY, "a:b").table

    assert table.to_pylist() == [{"at": DAY, NASTY: 1, "a:b": 2, "c.d": 3, "100%": 4}]
    assert query.to_pylist() == [{"at": DAY, NASTY: 1, "a:b": 2}]
    assert read(spec(), project).table.num_rows == 10


def test_a_type_that_shows_in_a_later_piece_is_no_error(project):
    late = 50_001  # one more than is fetched at a time
    columns = ["at", "text_after_nulls", "float_after_int", "text_after_int"]
    rows = [("2024-06-01", None, 1, 1)] * late + [("2024-06-01", "word", 1.5, "word")]
    fill_table(project, "long", columns, rows)

    table = read(spec(table="long"), project, *columns[1:]).table

    assert table.num_rows == late + 1
    assert table.slice(late - 1).to_pylist() == [
        {"at": DAY, "text_after_nulls": None, "float_after_int": 1.0, "text_after_int": "1"},
        {"at": DAY, "text_after_nulls": "word", "float_after_int": 1.5, "text_after_int": "word"},
    ]


def test_an_empty_table_and_an_empty_window_have_no_rows_and_a_time_column(project):
    fill_table(project, "none_yet", ["at", "x"], [])

    for table, window in (("none_yet", ALWAYS), ("events", Window(None, DAY))):
        found = read(spec(table=table), project, "x", window=window).table
        assert (found.num_rows, found.schema.field("at").type) == (0, pa.timestamp("us", tz="UTC"))


def test_a_database_file_that_is_not_there_is_an_error_and_not_made(project):
    for uri in ("sqlite:///data/none.db", "sqlite://", "sqlite:///:memory:"):
        with pytest.raises(SourceError, match=rf"{uri}: there is no database file {project}"):
            read(spec(uri), project)
    assert [path.name for path in project.iterdir()] == ["events.db"]


def test_what_the_database_says_is_passed_on_in_one_line(project):
    with pytest.raises(SourceError, match=r"^sqlite:///events\.db: no such table: main\.none$|: no such table: none$"):
        read(spec(table="none"), project)
    with pytest.raises(SourceError, match=r'^sqlite:///events\.db: near "FRM": syntax error$'):
        read(spec(table=None, query="SELECT *\nFRM events"), project)
    with pytest.raises(SourceError, match=r"events\.db: no column at, which source\.timestamp names; its columns: x"):
        read(spec(table=None, query="SELECT x FROM events"), project)


def test_a_secret_is_taken_as_it_is_and_shows_in_no_message_and_no_repr(project, monkeypatch):
    monkeypatch.setenv("WHERE", "events.db")
    monkeypatch.setenv("PASSWORD", "p@ss/w:rd%")
    assert fill("u:${PASSWORD}", quoted=True) == "u:p%40ss%2Fw%3Ard%25"

    with open_database(spec("sqlite:///${WHERE}"), project) as database:
        assert "${WHERE}" in repr(database)
        assert "events.db" not in repr(database)
    for uri in ("sqlite:///${PASSWORD}.db", "oracle://u:${PASSWORD}@h:port/d"):
        with pytest.raises(SourceError, match="PASSWORD") as caught:
            read(spec(uri), project)
        assert "ss/w:rd" not in str(caught.value)


def test_a_secret_that_is_not_set_and_a_driver_that_is_not_installed_are_errors(project):
    with pytest.raises(SettingsError, match="NO_SUCH_SECRET is not set"):
        read(spec("sqlite:///${NO_SUCH_SECRET}"), project)
    with pytest.raises(SourceError, match=r"mssql\+pymssql://h/d: its driver is not installed: No module named"):
        read(spec("mssql+pymssql://h/d"), project)


@pytest.mark.parametrize(
    ("sample", "start", "end"),
    [
        (DAY, DAY - timedelta(days=1), DAY + timedelta(days=3)),
        (NAIVE, NAIVE - timedelta(days=1), NAIVE + timedelta(days=3)),
        (date(2024, 6, 1), date(2024, 5, 31), date(2024, 6, 4)),
        ("2024-06-01", "2024-05-31", "2024-06-04"),
    ],
)
def test_bounds_are_parameters_of_the_kind_that_the_database_keeps(sample, start, end):
    clause = may_be_in(Window(DAY, DAY + timedelta(days=1, hours=1)), "at", sample).compile()

    assert list(clause.params.values())[:2] == [end, start]
    assert str(clause).startswith("at < :at_1 AND at >= :at_2 OR at IS NULL")
