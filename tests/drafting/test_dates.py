from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.drafting.dates import Clock, find_clocks, times_in
from tests.drafting.conftest import Look

DAYS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=7 * n) for n in range(60)]


def clocks(look: Look, **columns: Any) -> list[Clock]:
    return find_clocks(look({**columns, "y": [n % 2 for n in range(60)]}), ["y"])


@pytest.mark.parametrize(
    "written",
    [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%SZ",
        "%d.%m.%Y %H:%M",
        "%m/%d/%Y %I:%M %p",
        "%d %b %Y %H:%M:%S",
        "%Y/%m/%d %H:%M",
    ],
)
def test_a_time_is_read_however_it_is_written(look: Look, written: str) -> None:
    columns = look({"when": [day.strftime(written) for day in DAYS], "y": [n % 2 for n in range(60)]})

    (found,) = find_clocks(columns, ["y"])

    assert times_in(columns, found, "UTC").tolist() == [int(day.timestamp()) * 1_000_000 for day in DAYS]
    assert not found.ambiguous


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_count_from_1970_is_a_time_where_its_name_says_so(look: Look, unit: int) -> None:
    epochs = [int(day.timestamp()) * unit for day in DAYS]

    assert clocks(look, ts=epochs)[0].timestamp == "ts"
    assert clocks(look, amount=epochs) == []


def test_a_date_and_an_hour_are_put_together(look: Look) -> None:
    found = clocks(look, dteday=[day.strftime("%Y-%m-%d") for day in DAYS], hr=[day.hour for day in DAYS])

    assert found[0].columns == ("dteday", "hr")


def test_year_month_name_and_day_are_put_together(look: Look) -> None:
    found = clocks(
        look, year=[day.year for day in DAYS], month=[day.strftime("%B") for day in DAYS], day=[day.day for day in DAYS]
    )

    assert found[0].columns == ("year", "month", "day")


def test_a_column_of_the_end_or_of_a_birthday_is_no_time_of_the_event(look: Look) -> None:
    days = [day.strftime("%Y-%m-%d") for day in DAYS]

    assert [clock.timestamp for clock in clocks(look, closed_at=days, birth_date=days, ordered_at=days)] == [
        "ordered_at"
    ]


def test_a_time_that_some_rows_lack_is_none(look: Look) -> None:
    assert clocks(look, when=[None, *(day.strftime("%Y-%m-%d") for day in DAYS[1:])]) == []


def test_where_day_and_month_cannot_be_told_apart_both_readings_are_given(look: Look) -> None:
    (found,) = clocks(look, when=["01/02/2024", "02/01/2024"] * 30)

    assert {found.spec.formats[0], found.ambiguous} == {"%m/%d/%Y", "%d/%m/%Y"}  # type: ignore[union-attr]


def test_several_ways_of_writing_in_one_column_are_all_read(look: Look) -> None:
    mixed = [day.strftime("%d.%m.%Y" if n % 2 else "%Y-%m-%d") for n, day in enumerate(DAYS)]

    (found,) = clocks(look, day=mixed)

    assert found.spec.formats == ["%Y-%m-%d", "%d.%m.%Y"]  # type: ignore[union-attr]
