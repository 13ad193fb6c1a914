"""The metrics, held to scikit-learn's."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from tasks.metrics import METRICS, evaluate, find_metric, metrics_of, suits

ROWS = 400
RANDOM = np.random.default_rng(7)
WEIGHTS = RANDOM.integers(0, 3, ROWS).astype(float)  # a resample: rows left out, kept, drawn twice
BINARY = (RANDOM.random(ROWS) < 0.3).astype(float)
SCORES = np.clip(np.round(0.25 * BINARY + 0.7 * RANDOM.random(ROWS), 2), 0, 1)  # two decimals: many ties
CODES = RANDOM.integers(0, 3, ROWS).astype(float)
SHARES = RANDOM.dirichlet((1, 1, 1), ROWS)
VALUES = RANDOM.normal(size=ROWS)
GUESSES = VALUES + RANDOM.normal(size=ROWS)

YARDSTICKS = {
    "roc_auc": lambda w: sk.roc_auc_score(BINARY, SCORES, sample_weight=w),
    "average_precision": lambda w: sk.average_precision_score(BINARY, SCORES, sample_weight=w),
    "log_loss": lambda w: sk.log_loss(BINARY, SCORES, sample_weight=w),
    "brier": lambda w: sk.brier_score_loss(BINARY, SCORES, sample_weight=w),
    "accuracy": lambda w: sk.accuracy_score(BINARY, SCORES > 0.5, sample_weight=w),
    "f1": lambda w: sk.f1_score(BINARY, SCORES > 0.5, sample_weight=w),
    "mae": lambda w: sk.mean_absolute_error(VALUES, GUESSES, sample_weight=w),
    "rmse": lambda w: sk.root_mean_squared_error(VALUES, GUESSES, sample_weight=w),
    "r2": lambda w: sk.r2_score(VALUES, GUESSES, sample_weight=w),
    "median_absolute_error": lambda w: sk.median_absolute_error(VALUES, GUESSES, sample_weight=w),
    "mape": lambda w: sk.mean_absolute_percentage_error(VALUES, GUESSES, sample_weight=w),
    "pinball@0.9": lambda w: sk.mean_pinball_loss(VALUES, GUESSES, alpha=0.9, sample_weight=w),
    "recall_at_precision@0.5": lambda w: _best_recall(*sk.precision_recall_curve(BINARY, SCORES, sample_weight=w)[:2]),
}


def _best_recall(precision, recall):
    return max(r for p, r in zip(precision[:-1], recall[:-1], strict=True) if p >= 0.5)


MULTICLASS = {
    "log_loss": lambda w: sk.log_loss(CODES, SHARES, sample_weight=w),
    "accuracy": lambda w: sk.accuracy_score(CODES, SHARES.argmax(axis=1), sample_weight=w),
    "macro_f1": lambda w: sk.f1_score(CODES, SHARES.argmax(axis=1), sample_weight=w, average="macro"),
}
WEIGHTINGS = pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])


@WEIGHTINGS
@pytest.mark.parametrize("name", YARDSTICKS)
def test_a_metric_equals_scikit_learn_with_ties_and_weights(name, weights):
    metric = find_metric(name)
    of_rows = (BINARY, SCORES) if "binary" in metric.tasks else (VALUES, GUESSES)
    assert metric.bind(*of_rows)(weights) == pytest.approx(YARDSTICKS[name](weights), rel=1e-12)


@WEIGHTINGS
@pytest.mark.parametrize("name", MULTICLASS)
def test_a_multiclass_metric_equals_scikit_learn(name, weights):
    assert METRICS[name].bind(CODES, SHARES)(weights) == pytest.approx(MULTICLASS[name](weights), rel=1e-12)


def test_every_metric_is_held_to_scikit_learn():
    assert set(METRICS) == {name for name in (*YARDSTICKS, *MULTICLASS) if "@" not in name}


PARAMETRISED = ["pinball@0.2", "cost@5", "recall_at_precision@0.4", "precision_at@0.05", "precision_at@30"]


@pytest.mark.parametrize("name", [*METRICS, *PARAMETRISED])
def test_a_weight_counts_as_often_as_the_row_were_there(name):
    metric = find_metric(name)
    rows = {"binary": (BINARY, SCORES), "multiclass": (CODES, SHARES), "regression": (VALUES, GUESSES)}
    labels, predictions = rows[metric.tasks[0]]
    drawn = np.repeat(np.arange(ROWS), WEIGHTS.astype(int))
    assert metric.bind(labels, predictions)(WEIGHTS) == pytest.approx(
        metric.bind(labels[drawn], predictions[drawn])(None), rel=1e-12
    )


def test_a_class_that_a_resample_left_out_does_not_count_in_macro_f1():
    labels, predictions = np.array([0.0, 1.0, 2.0]), np.eye(3)
    assert METRICS["macro_f1"].bind(labels, predictions)(np.array([1.0, 1.0, 0.0])) == 1


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("left", [0, 1])
def test_a_ranking_of_one_class_has_no_value(name, left):
    assert math.isnan(METRICS[name].bind(BINARY, SCORES)((left == BINARY).astype(float)))


@pytest.mark.parametrize("name", [*METRICS, *PARAMETRISED])
def test_no_weight_at_all_has_no_value(name):
    labels, predictions = (CODES, SHARES) if name == "macro_f1" else (BINARY, SCORES)
    assert math.isnan(find_metric(name).bind(labels, predictions)(np.zeros(ROWS)))


def test_equal_scores_count_half_whatever_their_order():
    labels, alike = np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.5)
    assert METRICS["roc_auc"].bind(labels, alike)(None) == 0.5
    assert METRICS["average_precision"].bind(labels, alike)(None) == 0.5


def test_labels_that_do_not_vary_have_no_r2():
    assert math.isnan(METRICS["r2"].bind(np.ones(3), np.array([1.0, 2.0, 3.0]))(None))


def test_precision_at_k_shares_the_last_place_among_equal_scores():
    labels, scores = np.array([1.0, 0, 1, 0, 0]), np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    at = {k: find_metric(f"precision_at@{k}").bind(labels, scores)(None) for k in ("1", "2", "4", "0.4", "9")}
    assert at == pytest.approx({"1": 1, "2": (1 + 1 / 3) / 2, "4": 0.5, "0.4": (1 + 1 / 3) / 2, "9": 0.4})


def test_a_precision_that_no_threshold_reaches_finds_nothing():
    assert find_metric("recall_at_precision@0.9").bind(np.array([0.0, 1.0]), np.array([0.9, 0.1]))(None) == 0


def test_a_miss_costs_what_it_is_said_to_and_rows_are_decided_by_it():
    labels, probabilities = np.array([1.0, 1, 0, 0]), np.array([0.3, 0.1, 0.3, 0.1])
    priced = {miss: find_metric(f"cost@{miss}").bind(labels, probabilities)(None) for miss in ("1", "4", "0.5", "99")}
    assert priced == {"1": 2 / 4, "4": (4 + 1) / 4, "0.5": 1 / 4, "99": 2 / 4}


@pytest.mark.parametrize("miss", [0.2, 1, 3.5, 20])
def test_no_other_threshold_is_cheaper_for_probabilities_that_are_right(miss):
    random = np.random.default_rng(1)
    chances = random.random(50_000)
    labels = (random.random(50_000) < chances).astype(float)
    own = find_metric(f"cost@{miss}").bind(labels, chances)(None)
    others = [
        miss * (labels * (chances <= cut)).mean() + ((1 - labels) * (chances > cut)).mean() for cut in (0.1, 0.4, 0.7)
    ]
    assert own <= min(others) + 1e-3


def test_rows_whose_label_is_zero_have_no_percentage_error():
    assert METRICS["mape"].bind(np.array([0.0, 2.0]), np.array([5.0, 3.0]))(None) == 0.5


@pytest.mark.parametrize(
    "name", ["roc", "pinball", "pinball@1", "precision_at@0", "cost@0", "precision_at@x", "roc_auc@0.5"]
)
def test_what_is_no_metric_is_said_to_be_none(name):
    assert not any(suits(name, task) for task in ("binary", "multiclass", "regression"))
    with pytest.raises(KeyError):
        find_metric(name)


def test_a_certain_mistake_has_a_finite_log_loss():
    assert METRICS["log_loss"].bind(np.array([1.0]), np.array([0.0]))(None) == pytest.approx(36.04, abs=0.01)


def test_gain_is_positive_for_the_better_model_in_either_direction():
    assert METRICS["roc_auc"].gain(0.8, 0.7) == pytest.approx(0.1)
    assert METRICS["rmse"].gain(0.8, 0.7) == pytest.approx(-0.1)
    assert METRICS["rmse"].better(0.7, 0.8)
    assert not METRICS["rmse"].better(math.nan, 0.8)


def test_evaluate_gives_every_metric_of_the_task():
    assert set(evaluate("regression", VALUES, GUESSES)) == {"mae", "rmse", "r2", "median_absolute_error", "mape"}
    assert set(evaluate("multiclass", CODES, SHARES)) == {"log_loss", "accuracy", "macro_f1"}
    assert set(metrics_of("binary")) == set(evaluate("binary", BINARY, SCORES))
    assert "precision_at@0.05" in evaluate("binary", BINARY, SCORES, "precision_at@0.05")
