from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.data.window import Window, microseconds, read_time, write_time
from tasks.errors import SettingsError

TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2013-06-01", datetime(2013, 6, 1, tzinfo=UTC)),
        ("2013-06-01T12:00", datetime(2013, 6, 1, 12, tzinfo=UTC)),
        ("2013-06-01T12:00:00Z", datetime(2013, 6, 1, 12, tzinfo=UTC)),
        ("2013-06-01T02:00+02:00", datetime(2013, 6, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str, time: datetime) -> None:
    found = read_time(text)

    assert found == time
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["yesterday", "", "2013-13-01", "01.06.2013", "1370044800"])
def test_what_is_not_a_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match=rf"as-of: found '{text}'; allowed: a date or time such as 2013-06-01"):
        read_time(text)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (datetime(2013, 6, 1, tzinfo=UTC), "2013-06-01"),
        (datetime(2013, 6, 1, 9, 5, tzinfo=UTC), "2013-06-01 09:05"),
        (datetime(2013, 6, 1, 0, 0, 30, tzinfo=UTC), "2013-06-01 00:00"),
    ],
)
def test_a_time_is_written_as_a_person_would(time: datetime, text: str) -> None:
    assert write_time(time) == text


def test_a_window_is_written_with_its_ends() -> None:
    end = datetime(2013, 6, 1, tzinfo=UTC)

    assert str(Window(None, end)) == "the beginning to 2013-06-01"
    assert str(Window(end - timedelta(days=14), end)) == "2013-05-18 to 2013-06-01"


@settings(deadline=None)  # the first time ever, pyarrow makes ready for times
@given(time=TIMES)
def test_microseconds_are_the_number_that_a_timestamp_column_holds(time: datetime) -> None:
    column = pa.array([time], pa.timestamp("us", "UTC"))

    assert microseconds(time) == column.cast(pa.int64())[0].as_py()
    assert microseconds(time.astimezone(timezone(timedelta(hours=5)))) == microseconds(time)
