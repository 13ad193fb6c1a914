"""The trainings that follow one that a loss asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks.monitoring.follow_up import follow_up
from tasks.monitoring.history import History, Moment, Retraining
from tasks.monitoring.policy import decide
from tasks.monitoring.triage import Diagnosis
from tasks.spec.monitoring import PolicySpec

NOW = datetime(2024, 6, 30, tzinfo=UTC)
QUIET = Diagnosis("nothing", "quiet", (), "nothing: all is well", 1.0, ())
RULES = PolicySpec(retrain="on_performance")


def alarm(days_ago: float, better: bool = True) -> Retraining:
    return Retraining(NOW - timedelta(days=days_ago), True, better, better)


def later(days_ago: float, better: bool) -> Retraining:
    return Retraining(NOW - timedelta(days=days_ago), False, None, better)


@pytest.mark.parametrize(
    ("trainings", "due"),
    [
        ((), False),
        ((later(30, True),), False),  # nobody asked for it
        ((alarm(6.9),), False),
        ((alarm(7),), True),
        ((alarm(7, better=False),), True),  # the change was too young then
        ((alarm(13), later(6, True)), False),
        ((alarm(14), later(7, True)), True),
        ((alarm(27), later(20, True), later(13, True)), False),
        ((alarm(28), later(21, True), later(14, True)), True),
    ],
)
def test_one_is_due_each_time_that_the_rows_since_the_alarm_have_doubled(
    trainings: tuple[Retraining, ...], due: bool
) -> None:
    assert bool(follow_up(History(retrainings=trainings), NOW, RULES)) is due


@pytest.mark.parametrize(
    ("better", "due"), [((False,), True), ((True, False), True), ((False, True), True), ((True, False, False), False)]
)
def test_two_in_a_row_that_are_no_better_end_it(better: tuple[bool, ...], due: bool) -> None:
    after = tuple(later(99 - number, one) for number, one in enumerate(better))

    assert bool(follow_up(History(retrainings=(alarm(100), *after)), NOW, RULES)) is due


def test_a_new_alarm_begins_anew() -> None:
    ended = (alarm(100), later(90, False), later(80, False))

    assert follow_up(History(retrainings=(*ended, alarm(7))), NOW, RULES)


def test_a_policy_asks_for_it_by_itself_and_says_why() -> None:
    decision = decide(QUIET, History(retrainings=(alarm(14), later(7, True))), Moment(NOW), RULES)

    assert (decision.retrain, decision.reason) == (True, "schedule")
    assert "14.0 days of rows have come since 2024-06-16" in decision.reasons[0]
    assert "2 times as much as at the last training" in decision.reasons[0]


@pytest.mark.parametrize("retrain", ["never", "every", "on_gain"])
def test_policies_that_do_not_wait_for_alarms_have_none(retrain: str) -> None:
    rules = PolicySpec(retrain=retrain, every=timedelta(days=20))  # type: ignore[arg-type]

    assert not decide(QUIET, History(retrainings=(alarm(14),)), Moment(NOW), rules).retrain


def test_none_on_a_broken_feed() -> None:
    broken = Diagnosis("fix_the_data", "null_surge", (), "fix the data: no values", 1.0, ())

    assert not decide(broken, History(retrainings=(alarm(14),)), Moment(NOW), RULES).retrain
