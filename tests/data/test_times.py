from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.data.times import UTC_TIME, read_times, rows_within, widen
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.spec import SourceSpec

NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
ALWAYS = Window(None, datetime(2100, 1, 1, tzinfo=UTC))
SOURCE = SourceSpec(uri="x.csv", timestamp="at", key=["at"], target="y", label_time="known_at")


def read(*batches: dict[str, list[Any]], window: Window = ALWAYS) -> list[dict[str, Any]]:
    rows = rows_within((pa.RecordBatch.from_pydict(batch) for batch in batches), SOURCE, window, "x.csv")
    return [row for batch in rows for row in batch.to_pylist()]


@pytest.mark.parametrize(
    "text",
    [
        "2024-06-01T12:00:00Z",
        "2024-06-01 12:00:00+00:00",
        "2024-06-01T14:00+02",
        "2024-06-01 07:30:00.000000-0430",
        "2024-06-01 12:00:00 UTC",
        "2024-06-01 14:00:00 +0200",
        "2024-06-01T12:00:00.000000999Z",
        " 2024-06-01T12:00:00Z ",
    ],
)
def test_a_text_with_an_offset_is_that_moment_whatever_the_source_zone(text):
    values, found = read_times(pa.array([text]), "Asia/Tokyo")

    assert values.type == UTC_TIME
    assert values.to_pylist() == [NOON]
    assert found.zoned.count == 1


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_time_without_a_zone_is_in_the_source_zone(unit):
    naive = pa.array(["2024-06-01 08:00"]).cast(pa.timestamp(unit))

    for written in (
        naive,
        pa.array(["2024-06-01 08:00"]),
        pa.array(["2024-06-01T08:00"]).dictionary_encode(),
    ):
        assert read_times(written, "America/New_York")[0].to_pylist() == [NOON]


@pytest.mark.parametrize("written", [pa.array([date(2024, 6, 1)]), pa.array(["2024-06-01"])])
def test_a_date_is_its_midnight_in_the_source_zone(written):
    values, _ = read_times(written, "America/New_York")

    assert values.to_pylist() == [datetime(2024, 6, 1, 4, tzinfo=UTC)]


def test_a_repeated_local_time_is_the_earlier_and_a_skipped_one_moves_to_the_change():
    values, _ = read_times(pa.array(["2013-11-03 01:30", "2013-03-10 02:30"]), "America/New_York")

    assert values.to_pylist() == [
        datetime(2013, 11, 3, 5, 30, tzinfo=UTC),
        datetime(2013, 3, 10, 7, tzinfo=UTC),
    ]


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_any_moment_is_read_alike_from_text_at_any_offset(moment, offset_minutes):
    assume(2 <= moment.year <= 9998)
    there = moment.astimezone(timezone(timedelta(minutes=offset_minutes)))

    values, _ = read_times(pa.array([there.isoformat(), there.isoformat(" ")]), "UTC")

    assert values.to_pylist() == [there, there]


def test_a_window_has_its_start_and_not_its_end():
    times = [NOON - timedelta(microseconds=1), NOON, NOON + timedelta(hours=1)]

    kept = read({"at": times}, window=Window(NOON, NOON + timedelta(hours=1)))

    assert [row["at"] for row in kept] == [NOON]


def test_offsets_in_some_rows_only_are_an_error_with_both_counts():
    with pytest.raises(SourceError, match=r"x\.csv: column at: 1 row has a UTC offset, such as '2024-06-01T12:00Z',"):
        read({"at": ["2024-06-01T12:00Z", "2024-06-01", "2024-06-02"]})
    with pytest.raises(SourceError, match=r"and 2 rows have none, such as '2024-06-02'; allowed: one way"):
        read({"at": ["2024-06-01T12:00Z"]}, {"at": ["2024-06-02", "2024-06-03"]})


@pytest.mark.parametrize(
    ("written", "shown"),
    [(["2024-06-01", "yesterday", "01/02/2024"], "2 rows have no readable time, such as 'yesterday'"),
     ([1717243200], "1 row has no readable time, such as 1717243200")],
)  # fmt: skip
def test_what_is_no_time_is_an_error_with_its_count_and_the_first_of_it(written, shown):
    with pytest.raises(SourceError, match=rf"x\.csv: column at: {shown}; allowed: timestamps, dates, and ISO"):
        read({"at": written})


def test_a_row_without_a_time_cannot_be_placed_even_outside_the_window():
    with pytest.raises(SourceError, match=r"column at: 2 rows have no value; a row without a time cannot be placed"):
        read({"at": [NOON, None]}, {"at": [None]}, window=Window(None, NOON))


def test_a_label_that_has_not_arrived_has_no_time_and_one_of_no_readable_time_is_an_error():
    assert read({"at": [NOON], "known_at": [None]})[0]["known_at"] is None
    assert read({"at": [NOON], "known_at": ["2024-06-01T12:00Z"]})[0]["known_at"] == NOON
    with pytest.raises(SourceError, match=r"column known_at: 1 row has no readable time, such as 'soon'"):
        read({"at": [NOON], "known_at": ["soon"]})


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_a_widened_window_holds_the_window_in_every_zone_of_the_world(one, other):
    window = Window(min(one, other), max(one, other))

    wide = widen(window)

    assert wide.start is None or wide.start + timedelta(hours=14) <= min(one, other)
    assert wide.end >= min(window.end, datetime(9999, 12, 27, tzinfo=UTC)) + timedelta(hours=14)
