from datetime import timedelta

import pytest

from tasks.monitoring.staleness import Gain, staleness


def gain(days: float, value: float, error: float = 0.01) -> Gain:
    return Gain(timedelta(days=days), value, error)


def test_the_slope_is_that_of_the_line_through_nothing() -> None:
    found = staleness([gain(10, 0.02), gain(20, 0.04), gain(30, 0.06)])

    assert found is not None
    assert found.per_day == pytest.approx(0.002)
    assert found.error == pytest.approx(0.01 / (10**2 + 20**2 + 30**2) ** 0.5)


def test_a_verdict_on_an_older_champion_says_more() -> None:
    young, old = staleness([gain(7, 0.0)]), staleness([gain(70, 0.0)])

    assert young is not None
    assert old is not None
    assert old.error == pytest.approx(young.error / 10)


def test_verdicts_that_contradict_each_other_widen_the_error() -> None:
    agree, differ = staleness([gain(10, 0.0), gain(10, 0.0)]), staleness([gain(10, 0.1), gain(10, -0.1)])

    assert agree is not None
    assert differ is not None
    assert differ.per_day == pytest.approx(agree.per_day)
    assert differ.error > 10 * agree.error


@pytest.mark.parametrize("gains", [[], [gain(0, 0.1)], [gain(7, float("nan"))], [gain(7, 0.1, error=0.0)]])
def test_what_tells_nothing_is_left_out(gains: list[Gain]) -> None:
    assert staleness(gains) is None


def test_age_that_helps_costs_nothing() -> None:
    found = staleness([gain(10, -0.5), gain(10, -0.5)])

    assert found is not None
    assert found.upper == 0


def test_what_is_owed_is_the_area_under_the_line_since_the_last_training() -> None:
    found = staleness([gain(10, 0.02)])

    assert found is not None
    since_it_was_trained = found.owed(timedelta(days=10), timedelta(days=10))
    assert since_it_was_trained == pytest.approx(found.upper * 50)
    assert found.owed(timedelta(days=20), timedelta(days=10)) == pytest.approx(3 * since_it_was_trained)
