from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tasks.data.window import microseconds
from tasks.drafting.survey import Survey
from tasks.drafting.timeline import Timeline, describe, plan
from tasks.errors import NotEnoughData

START = datetime(2023, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def line(rows: int, step: timedelta, *, unlabelled: int = 0, now: datetime = NOW, start: datetime = START) -> Timeline:
    times = microseconds(start) + np.arange(rows) * (step // timedelta(microseconds=1))
    return plan(Survey(times, np.arange(rows) < rows - unlabelled, {}), now)


@pytest.mark.parametrize(
    ("rows", "step"),
    [
        (20, timedelta(days=30)),
        (150, timedelta(hours=1)),
        (3000, timedelta(minutes=5)),
        (9000, timedelta(days=1)),
        (50_000, timedelta(hours=1)),
    ],
)
def test_windows_part_the_rows_so_that_each_part_can_do_its_work(rows: int, step: timedelta) -> None:
    found = line(rows, step)

    assert found.trains + found.chooses + found.judges == rows
    assert found.as_of - found.end <= min(step, timedelta(days=1))
    assert found.trains >= 2 * found.fewest
    assert min(found.chooses, found.judges) >= max(found.fewest, min(0.12 * rows, 200))
    assert found.trains >= 0.4 * rows
    assert found.window % found.every == timedelta(0)
    assert found.as_of > found.end


def test_years_of_days_are_judged_by_many_days_and_watched_by_months() -> None:
    found = line(18_000, timedelta(days=1))

    assert found.window >= timedelta(days=91)
    assert found.holdout >= timedelta(days=14)


def test_the_newest_quarter_is_tried_beside_all_of_train_where_it_has_rows_enough() -> None:
    found = line(6000, timedelta(hours=2))

    assert found.recent is not None
    assert found.recent.length == timedelta(days=70)
    assert found.recent.rows == 840
    assert line(2000, timedelta(hours=2)).recent is None


def test_rows_in_order_alone_have_no_newest_quarter() -> None:
    times = microseconds(START) + np.arange(6000) * 3_600_000_000

    assert plan(Survey(times, np.ones(6000, dtype=bool), {}), NOW, ends=NOW).recent is None


def test_the_delay_of_labels_is_seen_from_the_newest_rows_that_have_none() -> None:
    found = line(1000, timedelta(hours=1), unlabelled=40)

    assert found.delay == timedelta(days=2)
    assert found.labelled == 960


def test_rows_that_still_come_are_seen_to_be_live() -> None:
    assert line(1000, timedelta(hours=1), start=NOW - timedelta(hours=1001)).live
    assert line(1000, timedelta(hours=1), start=NOW - timedelta(hours=1001), unlabelled=80).live
    assert not line(1000, timedelta(hours=1)).live


def test_a_gap_is_told_with_its_ends() -> None:
    hours = np.concatenate([np.arange(500), np.arange(1500, 2000)])
    times = microseconds(START) + hours * 3_600_000_000

    found = plan(Survey(times, np.ones(1000, dtype=bool), {}), NOW)

    (gap,) = found.gaps
    assert (gap.start, gap.end) == (START + timedelta(hours=499), START + timedelta(hours=1500))
    assert describe(found).endswith("24 rows a day")


def test_ten_rows_are_too_few_and_rows_of_one_moment_have_no_order() -> None:
    with pytest.raises(NotEnoughData, match="10 rows have a label; at least 20 are needed"):
        line(10, timedelta(hours=1))
    with pytest.raises(NotEnoughData, match="rows lie too unevenly in time"):
        line(100, timedelta(0))
