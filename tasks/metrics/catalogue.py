"""The metrics of each kind of task: what they are called, which way is better, how rows are weighted.

Labels are float64 of shape (rows,): values of a regression, 0 and 1 of a binary target, or codes of classes.
Predictions are values, probabilities of the positive class, or probabilities of shape (rows, classes).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray

Task = Literal["binary", "multiclass", "regression"]
Direction = Literal["higher", "lower"]
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")

Weighted = Callable[[FloatArray | None], float]
"""A metric bound to labels and predictions: from row weights (None: all 1) to the metric's value.

A row of weight 0 counts as absent and one of weight 2 as there twice; nan where the rows left cannot say.
"""
Bind = Callable[[FloatArray, FloatArray], Weighted]
Losses = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class Metric:
    """How good predictions are, in one number."""

    name: str
    label: str
    """The name for people."""
    direction: Direction
    tasks: tuple[Task, ...]
    bind: Bind
    """Does once whatever weights do not change, such as sorting: a bootstrap weighs a thousand times."""
    losses: Losses | None = None
    """The values of the single rows, when the metric is their weighted mean."""

    def gain(self, challenger: float, champion: float) -> float:
        """Return by how much ``challenger`` is better: positive when it is, whatever the direction."""
        return challenger - champion if self.direction == "higher" else champion - challenger

    def better(self, a: float, b: float) -> bool:
        """Say whether ``a`` is better than ``b``; never, if either is nan."""
        return self.gain(a, b) > 0


def metrics_of(task: Task) -> dict[str, Metric]:
    """Return the metrics that suit ``task``, by name."""
    return {name: metric for name, metric in METRICS.items() if task in metric.tasks}


def evaluate(task: Task, labels: FloatArray, predictions: FloatArray) -> dict[str, float]:
    """Return the value of every metric of ``task``, by name."""
    return {name: metric.bind(labels, predictions)(None) for name, metric in metrics_of(task).items()}


@dataclass(frozen=True)
class _Ranking:
    """The rows of each class from the highest score down: all of a curve that does not depend on weights."""

    positive: npt.NDArray[np.intp]
    """The positive rows, in that order."""
    negative: npt.NDArray[np.intp]
    above: npt.NDArray[np.intp]
    """For each positive row, how many negative ones have a higher score,"""
    level: npt.NDArray[np.intp]
    """and how many a score at least as high."""

    @classmethod
    def of(cls, labels: FloatArray, scores: FloatArray) -> "_Ranking":
        order = np.argsort(-scores, kind="stable")
        positive, negative = order[labels[order] == 1], order[labels[order] != 1]
        above, level = (np.searchsorted(-scores[negative], -scores[positive], side=s) for s in _SIDES)
        return cls(positive, negative, above, level)


def _roc_auc(labels: FloatArray, scores: FloatArray) -> Weighted:
    """The share of pairs, one row of each class, that are in the right order; equal scores count half."""
    ranking = _Ranking.of(labels, scores)

    def weighted(weights: FloatArray | None) -> float:
        each = _or_ones(weights, len(labels))
        positive, ahead = each[ranking.positive], _running(each[ranking.negative])
        pairs = positive.sum() * ahead[-1]
        lost = positive @ (ahead[ranking.above] + ahead[ranking.level]) / 2
        return float(1 - lost / pairs) if pairs > 0 else nan

    return weighted


def _average_precision(labels: FloatArray, scores: FloatArray) -> Weighted:
    """The mean over positive rows of the precision at their score, not interpolated."""
    ranking = _Ranking.of(labels, scores)
    ranked = -scores[ranking.positive]
    hits_upto = np.searchsorted(ranked, ranked, side="right")

    def weighted(weights: FloatArray | None) -> float:
        each = _or_ones(weights, len(labels))
        positive, ahead = each[ranking.positive], _running(each[ranking.negative])
        if positive.sum() * ahead[-1] == 0:
            return nan
        hits = _running(positive)[hits_upto]
        taken = hits + ahead[ranking.level]
        precision = np.divide(hits, taken, out=np.zeros_like(hits), where=taken > 0)
        return float(positive @ precision / positive.sum())

    return weighted


def _macro_f1(labels: FloatArray, predictions: FloatArray) -> Weighted:
    """F1 = 2 hits / (rows of the class + rows said to be), averaged over the classes that occur in either."""
    actual, said = _codes(labels), _decisions(predictions)
    classes = predictions.shape[1]

    def weighted(weights: FloatArray | None) -> float:
        each = _or_ones(weights, len(actual))
        hits = np.bincount(actual, each * (actual == said), classes)
        rows = np.bincount(actual, each, classes) + np.bincount(said, each, classes)
        occurs = rows > 0
        return float(np.mean(2 * hits[occurs] / rows[occurs])) if occurs.any() else nan

    return weighted


def _f1(labels: FloatArray, predictions: FloatArray) -> Weighted:
    """F1 of the positive class; nan when no row is positive and none is said to be."""
    said = _decisions(predictions).astype(np.float64)
    hits, rows = labels * said, labels + said

    def weighted(weights: FloatArray | None) -> float:
        each = _or_ones(weights, len(rows))
        total = each @ rows
        return float(2 * (each @ hits) / total) if total > 0 else nan

    return weighted


def _rmse(labels: FloatArray, predictions: FloatArray) -> Weighted:
    squares = _squared_error(labels, predictions)
    return lambda weights: sqrt(_mean(squares, weights))


def _r2(labels: FloatArray, predictions: FloatArray) -> Weighted:
    """The share of the labels' variance that is explained; nan when they do not vary."""
    squares = _squared_error(labels, predictions)

    def weighted(weights: FloatArray | None) -> float:
        variance = _mean((labels - _mean(labels, weights)) ** 2, weights)
        return 1 - _mean(squares, weights) / variance if variance > 0 else nan

    return weighted


def _median_absolute_error(labels: FloatArray, predictions: FloatArray) -> Weighted:
    """The middle error; the mean of the two nearest when half of the weight lies exactly between them."""
    errors = _absolute_error(labels, predictions)
    order = np.argsort(errors, kind="stable")
    ranked = errors[order]

    def weighted(weights: FloatArray | None) -> float:
        upto = np.cumsum(_or_ones(weights, len(order))[order])
        if len(upto) == 0 or upto[-1] == 0:
            return nan
        low, high = (np.searchsorted(upto, upto[-1] / 2, side=s) for s in _SIDES)
        return float((ranked[low] + ranked[high]) / 2)

    return weighted


def _log_loss(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    """-log of the probability given to what happened; none counts as less than 2e-16."""
    if predictions.ndim == 1:
        given = np.where(labels == 1, predictions, 1 - predictions)
    else:
        given = predictions[np.arange(len(labels)), _codes(labels)]
    smallest = np.finfo(np.float64).eps
    return np.asarray(-np.log(np.clip(given, smallest, 1 - smallest)))


def _brier(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    return _squared_error(labels, predictions)


def _accuracy(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    return np.asarray(_codes(labels) == _decisions(predictions), dtype=np.float64)


def _absolute_error(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    return np.asarray(np.abs(labels - predictions))


def _squared_error(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    return np.asarray((labels - predictions) ** 2)


def _codes(labels: FloatArray) -> npt.NDArray[np.intp]:
    return labels.astype(np.intp)


def _decisions(predictions: FloatArray) -> npt.NDArray[np.intp]:
    """The likeliest class of each row; the first one among equals."""
    likeliest = predictions > 0.5 if predictions.ndim == 1 else predictions.argmax(axis=1)
    return np.asarray(likeliest).astype(np.intp)


def _running(weights: FloatArray) -> FloatArray:
    """Return the sums of the first 0, 1, … all weights."""
    return np.concatenate(([0.0], np.cumsum(weights)))


def _or_ones(weights: FloatArray | None, rows: int) -> FloatArray:
    return np.ones(rows) if weights is None else weights


def _mean(values: FloatArray, weights: FloatArray | None) -> float:
    each = _or_ones(weights, len(values))
    total = each.sum()
    return float(each @ values / total) if total > 0 else nan


def _mean_of(losses: Losses) -> Bind:
    def bind(labels: FloatArray, predictions: FloatArray) -> Weighted:
        values = losses(labels, predictions)
        return lambda weights: _mean(values, weights)

    return bind


_BINARY: tuple[Task, ...] = ("binary",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_MULTICLASS: tuple[Task, ...] = ("multiclass",)
_REGRESSION: tuple[Task, ...] = ("regression",)

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", "ROC AUC", "higher", _BINARY, _roc_auc),
        Metric("average_precision", "average precision", "higher", _BINARY, _average_precision),
        Metric("log_loss", "log loss", "lower", _CLASSES, _mean_of(_log_loss), _log_loss),
        Metric("brier", "Brier score", "lower", _BINARY, _mean_of(_brier), _brier),
        Metric("accuracy", "accuracy", "higher", _CLASSES, _mean_of(_accuracy), _accuracy),
        Metric("f1", "F1", "higher", _BINARY, _f1),
        Metric("macro_f1", "macro F1", "higher", _MULTICLASS, _macro_f1),
        Metric("mae", "mean absolute error", "lower", _REGRESSION, _mean_of(_absolute_error), _absolute_error),
        Metric("rmse", "root mean squared error", "lower", _REGRESSION, _rmse),
        Metric("r2", "R²", "higher", _REGRESSION, _r2),
        Metric("median_absolute_error", "median absolute error", "lower", _REGRESSION, _median_absolute_error),
    )
}
