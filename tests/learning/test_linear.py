"""The linear model, held to scikit-learn's on the columns that one would write by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.linear import fit
from tasks.learning.problem import Problem
from tasks.spec import LinearSpec

RANDOM = np.random.default_rng(11)
ROWS, LEVELS = 3000, 8
NUMBER = RANDOM.gamma(2, 300, ROWS).astype(np.float32)
GAPS = np.where(RANDOM.random(ROWS) < 0.1, np.nan, NUMBER / 300 + RANDOM.normal(size=ROWS)).astype(np.float32)
LEVEL = np.where(RANDOM.random(ROWS) < 0.05, np.nan, RANDOM.integers(0, LEVELS, ROWS)).astype(np.float32)
SCORE = NUMBER / 400 - np.nan_to_num(GAPS) / 3 + np.isin(LEVEL, [2, 5]) + RANDOM.normal(size=ROWS)
MATRIX = FeatureMatrix(np.column_stack([NUMBER, GAPS, LEVEL]), ("number", "gaps", "level"), (0, 0, LEVELS))


def by_hand():
    """Standardised numbers with the mean for what is missing, indicators of what is missing, one-hot levels."""
    numbers = np.column_stack([NUMBER, GAPS]).astype(np.float64)
    scaled = (numbers - np.nanmean(numbers, axis=0)) / np.nanstd(numbers, axis=0)
    one_hot = np.nan_to_num(LEVEL, nan=LEVELS)[:, None] == np.arange(LEVELS + 1)
    return np.column_stack([np.nan_to_num(scaled), np.isnan(GAPS), one_hot]).astype(np.float64)


def fitted(task, labels, *, penalty=1.0, classes=()):
    rows = Labelled(MATRIX, labels.astype(np.float64))
    problem = Problem(task, Target("t", classes), seed=1, threads=1)
    return fit(LinearSpec(kind="linear", penalty=penalty), rows, rows, problem)


@pytest.mark.parametrize("penalty", [0.01, 1.0, 100.0])
def test_probabilities_are_those_of_logistic_regression(penalty):
    labels = SCORE > 1.5
    other = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-10).fit(by_hand(), labels)
    found = fitted("binary", labels, penalty=penalty, classes=(0, 1)).predict(MATRIX)
    np.testing.assert_allclose(found, other.predict_proba(by_hand())[:, 1], atol=1e-6)


def test_probabilities_of_classes_are_those_of_multinomial_regression():
    labels = np.digitize(SCORE, [0, 1.5, 4])  # the last one is rare
    other = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(by_hand(), labels)
    found = fitted("multiclass", labels, classes=tuple("abcd")).predict(MATRIX)
    np.testing.assert_allclose(found, other.predict_proba(by_hand()), atol=1e-5)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e6])
def test_values_are_those_of_ridge_regression_in_any_unit(unit):
    other = Ridge(alpha=1.0, solver="cholesky").fit(by_hand(), SCORE * unit)
    found = fitted("regression", SCORE * unit).predict(MATRIX)
    # Not the same to the last digit: what an intercept would hold, the cells of a category hold, and are penalised.
    np.testing.assert_allclose(found / unit, other.predict(by_hand()) / unit, atol=2e-3)


def test_what_was_never_missing_in_train_counts_as_the_mean_when_it_is():
    model = fitted("regression", SCORE)
    row = MATRIX.values[:1].copy()
    row[0, 0] = NUMBER.astype(np.float64).mean()
    without = row.copy()
    without[0, 0] = np.nan
    known, missing = (model.predict(FeatureMatrix(v, MATRIX.names, MATRIX.levels)) for v in (row, without))
    np.testing.assert_allclose(missing, known, atol=1e-6)


def test_classes_that_a_feature_separates_are_learned_without_a_warning():
    found = fitted("binary", NUMBER > 600, classes=(0, 1), penalty=1e-6).predict(MATRIX)
    assert np.isfinite(found).all()
    assert ((found > 0.5) == (NUMBER > 600)).mean() > 0.99


def test_an_infinite_value_counts_as_missing():
    values = MATRIX.values.copy()
    values[np.isnan(values)] = np.inf
    rows = Labelled(FeatureMatrix(values, MATRIX.names, MATRIX.levels), SCORE)
    model = fit(LinearSpec(kind="linear"), rows, rows, Problem("regression", Target("t"), 1, 1))
    np.testing.assert_array_equal(model.predict(rows.matrix), fitted("regression", SCORE).predict(MATRIX))


def test_labels_that_are_all_alike_are_predicted():
    np.testing.assert_allclose(fitted("regression", np.full(ROWS, 4.5)).predict(MATRIX), 4.5)
