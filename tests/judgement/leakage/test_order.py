from dataclasses import replace
from datetime import timedelta

import numpy as np

from tasks.judgement.leakage.audit import audit

HOUR = 3_600_000_000


def test_holdout_rows_before_the_end_of_training_are_counted(loans) -> None:
    case = loans().case()
    held = replace(case.holdout, times=np.where(np.arange(600) < 50, case.train.times[:600], case.holdout.times))

    (leak,) = audit(replace(case, holdout=held)).leaks

    assert (leak.kind, leak.severity, leak.column, leak.figure) == ("time_order", "refuse", "at", 50)
    assert "2,400 rows of train and validation not earlier" in leak.sentence


def test_labels_that_arrive_after_the_holdout_has_begun_are_counted(loans) -> None:
    case = replace(loans().case(), label_delay=timedelta(hours=24))

    (leak,) = audit(case).leaks

    assert (leak.kind, leak.severity, leak.figure) == ("label_horizon", "refuse", 23)
    assert "up to 1.0 days after the event" in leak.sentence


def test_a_label_that_arrives_as_the_holdout_begins_is_in_time(loans, take) -> None:
    case = loans().case()
    with_gap = replace(case, validation=take(case.validation, np.arange(600 - 23)), label_delay=timedelta(hours=24))

    assert audit(with_gap).leaks == ()


def test_a_few_stragglers_are_a_warning(loans) -> None:
    case = loans().case()
    arrivals = case.train.times + HOUR
    arrivals[:3] += 10_000 * HOUR

    (leak,) = audit(replace(case, train=replace(case.train, label_times=arrivals))).leaks

    assert (leak.kind, leak.severity, leak.figure) == ("label_horizon", "warn", 3)


def test_rows_that_the_champion_has_seen_are_told_to_the_row(loans) -> None:
    (leak,) = audit(replace(loans().case(), champion_named=True, seen_by_champion=1234)).leaks

    assert (leak.kind, leak.severity, leak.figure) == ("champion_saw_holdout", "warn", 1234)
    assert "on 1,234 rows of the holdout's window; they were taken out, and 600 are left" in leak.sentence
