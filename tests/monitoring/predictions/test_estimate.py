from math import isnan

import numpy as np
import pytest

from tasks.metrics import find_metric
from tasks.monitoring.predictions.estimate import Estimate, Sample, estimate, loss

DAY = 86_400_000_000


def sample(days: int, rows_a_day: int = 200, *, shift: float = 1.0, seed: int = 0) -> Sample:
    """Scores that tell the classes apart by ``shift`` standard deviations, with days that are alike in themselves."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 2, days * rows_a_day).astype(float)
    day = np.repeat(np.arange(days), rows_a_day)
    strength = shift + draw.normal(0, 0.2, days)[day]
    scores = draw.normal(labels * strength, 1)
    return Sample(labels, scores, day * DAY + draw.integers(0, DAY, len(day)))


@pytest.mark.parametrize("days", [7, 14])
def test_an_interval_holds_the_truth_in_about_nine_of_ten_cases(days: int) -> None:
    """Within three standard errors of what 400 cases can tell; of 4,000 cases of 7 days 90 % hold it.

    Of 1,000 cases each, 90 % do for 14 days, 88 % for 4, and 82 % for 2, within which days cannot be told apart.
    """
    metric = find_metric("roc_auc")
    many = sample(3000, seed=999)
    truth = metric.bind(many.labels, many.predictions)(None)

    found = [estimate(metric, sample(days, 60, seed=seed), seed=seed) for seed in range(400)]

    assert 0.855 < np.mean([one.low <= truth <= one.high for one in found]) < 0.945


def test_a_loss_is_above_zero_when_it_is_worse_whatever_the_direction() -> None:
    was, now = Estimate(0.7, 0.68, 0.72, 0.01, 13), Estimate(0.6, 0.56, 0.64, 0.02, 6)

    assert loss(find_metric("roc_auc"), was, now).value == pytest.approx(0.1)
    assert loss(find_metric("log_loss"), was, now).value == pytest.approx(-0.1)


def test_the_interval_of_a_loss_has_the_errors_of_both() -> None:
    was, now = Estimate(0.7, 0.68, 0.72, 0.03, 13), Estimate(0.6, 0.56, 0.64, 0.04, 6)

    found = loss(find_metric("roc_auc"), was, now)

    assert found.error == pytest.approx(0.05)
    assert 6 < found.freedom < 19
    assert found.low < 0.1 - 1.7 * 0.05 < 0.1 + 1.7 * 0.05 < found.high


def test_a_loss_that_is_there_is_found_and_one_that_is_not_is_not() -> None:
    metric = find_metric("roc_auc")
    was = estimate(metric, sample(14, seed=1), seed=0)

    worse = [loss(metric, was, estimate(metric, sample(7, shift=0.3, seed=s), seed=0)).low > 0 for s in range(20)]
    same = [loss(metric, was, estimate(metric, sample(7, seed=s), seed=0)).low > 0 for s in range(100, 160)]

    assert all(worse)
    assert sum(same) <= 8


def test_one_row_has_no_interval() -> None:
    one = Sample(np.array([1.0]), np.array([0.4]), np.array([0]))

    found = estimate(find_metric("log_loss"), one, seed=0)

    assert isnan(found.low)
    assert not found.known
