from collections.abc import Callable
from functools import partial

import pytest

from tasks.errors import SpecError
from tasks.spec import ModelSpec

Read = Callable[[str], ModelSpec]


@pytest.fixture
def read(spec_with: Callable[[str, str], ModelSpec]) -> Read:
    return partial(spec_with, "schedule")


@pytest.mark.parametrize(
    "cron",
    ["0 3 * * 1", "*/15 * * * *", "0 3 1-7,15 jan-mar mon-fri", "0 0-20/4 * * SUN", "0 0 29 2 *", "0 0 31 4 fri", "0 0 * * 7"],
)  # fmt: skip
def test_five_fields_of_cron_are_a_time(read: Read, cron: str) -> None:
    assert read(f'train = "{cron}"').schedule.train == cron


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ('train = "@daily"', "f.toml: schedule.train: found '@daily'; allowed: five fields: minute, hour, day, month and weekday, such as"),
        ('train = "0 3 * *"', "schedule.train: found '0 3 * *'; allowed: five fields"),
        ('score = "0 25 * * *"', "schedule.score: found '0 25 * * *'; allowed: hour 0 to 23, and not 25"),
        ('drift = "0 3 * * mnday"', "schedule.drift: found '0 3 * * mnday'; allowed: weekday 0 to 7 or sun to sat, and not mnday"),
        ('drift = "*/70 * * * *"', "allowed: minute 0 to 59; a step such as */5 or 0-59/5, and not */70"),
        ('drift = "5/15 * * * *"', "a step such as */5 or 0-59/5, and not 5/15"),
        ('drift = "0 22-4 * * *"', "allowed: hour 0 to 23; a range from low to high, and not 22-4"),
        ('drift = "0 0 L * *"', "allowed: day 1 to 31, and not l"),
        ('drift = "1, * * * *"', "allowed: minute 0 to 59, and not nothing"),
        ('train = "0 0 30 2 *"', "allowed: a day that comes: these months have at most 29"),
        ('train = "0 0 31 4,jun *"', "allowed: a day that comes: these months have at most 30"),
        ("train = 3", "schedule.train: found 3; allowed: text in quotes"),
        ('trian = "0 3 * * 1"', 'schedule.trian is not a key of [schedule]; did you mean "train"?'),
        ('timezone = "Berlin"', "schedule.timezone: found 'Berlin'; allowed: a time zone such as"),
    ],
)  # fmt: skip
def test_a_time_that_never_comes_or_that_others_read_otherwise_is_refused(
    read: Read, schedule: str, message: str
) -> None:
    with pytest.raises(SpecError) as caught:
        read(schedule)

    assert message in str(caught.value)


def test_what_is_left_out_does_not_run_by_itself(read: Read) -> None:
    schedule = read('drift = "0 * * * *"').schedule

    assert (schedule.train, schedule.score, schedule.timezone) == (None, None, "UTC")


def test_another_schedule_is_the_same_recipe(read: Read) -> None:
    assert read('train = "0 3 * * 1"').digest == read('train = "0 4 * * 1"').digest == read("").digest


def test_prefect_takes_each_time_that_is_allowed(read: Read) -> None:
    from prefect.client.schemas.schedules import CronSchedule

    for cron in ("0 3 * * 1", "*/15 * * * *", "0 3 1-7,15 jan-mar mon-fri", "0 0 29 2 *", "0 0 * * 7"):
        assert CronSchedule(cron=read(f'train = "{cron}"').schedule.train or "")
