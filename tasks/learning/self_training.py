"""Learning from what a model is sure of: rows of train without a label, with the one that it gives them.

Scudder 1965, Yarowsky 1995. It repeats a model's mistakes as surely as what it knows: so such a candidate stands beside
one without, and validation, all of whose labels came, chooses.
"""

from collections.abc import Callable

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.spec import SelfTrainingSpec

Fit = Callable[[Labelled], Callable[[FeatureMatrix], FloatArray]]
"""From rows to what a model fitted on them predicts."""


def self_trained(train: Labelled, unlabelled: Labelled, rules: SelfTrainingSpec, fit: Fit) -> Labelled:
    """Return the rows to learn from in the end: ``train``, and those that models of it were sure of.

    Each round fits a model, and replaces all rows that the one before was sure of; it ends early where they stay the
    same.
    """
    pool = _of_the_same_time(unlabelled, train)
    rows, known = train, np.full(len(pool), np.nan)
    for _ in range(rules.rounds if len(pool) else 0):
        labels, confidence = _answers(fit(rows)(pool.matrix))
        sure = confidence >= rules.threshold
        found = np.where(sure, labels, np.nan)
        if np.array_equal(found, known, equal_nan=True):
            break
        rows, known = _joined(train, pool.part(sure), labels[sure], confidence[sure]), found
    return rows


def _answers(predictions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the likeliest class of each row, as a label, and its probability."""
    if predictions.ndim == 1:
        return (predictions > 0.5).astype(np.float64), np.maximum(predictions, 1 - predictions)
    return predictions.argmax(axis=1).astype(np.float64), predictions.max(axis=1)


def _of_the_same_time(unlabelled: Labelled, train: Labelled) -> Labelled:
    """Return the rows that are no older than the oldest of ``train``: of a window, only its own."""
    if unlabelled.ages is None or train.ages is None:
        return unlabelled
    return unlabelled.part(unlabelled.ages <= train.ages.max())


def _joined(train: Labelled, sure: Labelled, labels: FloatArray, confidence: FloatArray) -> Labelled:
    """Return ``train`` and the rows that were given ``labels``: each counts as one of its age, by its probability."""
    values = np.concatenate([train.matrix.values, sure.matrix.values])
    matrix = FeatureMatrix(values, train.matrix.names, train.matrix.levels)
    own = np.ones(len(train)) if train.weights is None else train.weights
    ages = None if train.ages is None or sure.ages is None else np.concatenate([train.ages, sure.ages])
    weights = np.concatenate([own, confidence * _weight_of_its_age(train, sure)])
    return Labelled(matrix, np.concatenate([train.labels, labels]), weights, ages)


def _weight_of_its_age(train: Labelled, sure: Labelled) -> FloatArray:
    """Return what a row of train of the same age counts, shape (rows of ``sure``,)."""
    if train.weights is None or train.ages is None or sure.ages is None:
        return np.ones(len(sure))
    order = np.argsort(train.ages, kind="stable")
    return np.interp(sure.ages, train.ages[order], train.weights[order])
