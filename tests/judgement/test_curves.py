import numpy as np
import pytest

from tasks.judgement import curves
from tasks.metrics import METRICS

LABELS = np.array([0.0, 0, 1, 0, 1, 1])
SCORES = np.array([0.1, 0.2, 0.3, 0.3, 0.8, 0.9])


def test_the_area_under_the_drawn_roc_curve_is_the_metric_even_with_ties() -> None:
    curve = curves.roc(LABELS, SCORES)

    assert np.trapezoid(curve.y, curve.x) == pytest.approx(METRICS["roc_auc"].bind(LABELS, SCORES)(None))


def test_precision_at_full_recall_of_a_constant_model_is_the_share_of_positives() -> None:
    curve = curves.precision_recall(LABELS, np.full(6, 0.5))

    assert (curve.x.tolist(), curve.y.tolist()) == ([1.0], [0.5])


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    draw = np.random.default_rng(0)
    curve = curves.roc(draw.integers(0, 2, 5000).astype(float), draw.random(5000))

    assert len(curve.x) <= curves.MOST_POINTS
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)


def test_a_calibrated_model_lies_on_the_diagonal() -> None:
    draw = np.random.default_rng(0)
    probabilities = draw.random(20_000)
    curve = curves.calibration((draw.random(20_000) < probabilities).astype(float), probabilities)

    assert len(curve.x) == 10
    assert curve.y == pytest.approx(curve.x, abs=0.04)


def test_a_model_with_one_answer_has_one_point() -> None:
    curve = curves.calibration(LABELS, np.full(6, 0.4))

    assert curve.x.tolist() == pytest.approx([0.4])
    assert curve.y.tolist() == [0.5]


def test_the_spread_of_actual_values_is_given_around_their_mean() -> None:
    predictions = np.repeat([1.0, 2.0], 100)
    labels = predictions + np.tile(np.arange(100) - 49.5, 2)

    mean, low, high = curves.spread(labels, predictions, 0.1)

    assert mean.y.tolist() == [1.0, 2.0]
    assert (high.y - low.y).tolist() == pytest.approx([79.2, 79.2])


def test_a_day_on_which_the_metric_cannot_be_computed_is_a_gap() -> None:
    days = np.array([5, 5, 5, 5, 9, 9])
    curve = curves.by_day(METRICS["roc_auc"], LABELS, SCORES, days)

    assert curve.x.tolist() == [5, 9]
    assert np.isnan(curve.y).tolist() == [False, True]


def test_thinning_keeps_the_shape_where_the_curve_moves_most() -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 2, 30_000).astype(float)
    curve = curves.precision_recall(labels, labels + draw.normal(size=30_000))

    assert np.hypot(np.diff(curve.x), np.diff(curve.y)).max() < 0.6
    assert np.all(np.diff(curve.x) >= 0)
