"""The points of the curves that pictures show, few enough to draw at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.metrics import Metric

MOST_POINTS = 500
BINS = 10


@dataclass(frozen=True)
class Curve:
    """Points from left to right."""

    x: FloatArray
    y: FloatArray


def roc(labels: FloatArray, scores: FloatArray) -> Curve:
    """Return the true positive rate over the false positive rate; both classes must be there."""
    hits, taken = _thresholds(labels, scores)
    misses = taken - hits
    return _thin(Curve(np.append(0, misses / misses[-1]), np.append(0, hits / hits[-1])))


def precision_recall(labels: FloatArray, scores: FloatArray) -> Curve:
    """Return the precision over the recall; there must be a positive row."""
    hits, taken = _thresholds(labels, scores)
    return _thin(Curve(hits / hits[-1], hits / taken))


def calibration(happened: FloatArray, probabilities: FloatArray) -> Curve:
    """Return the share that happened over the mean probability, in up to ten bins of as many rows each.

    Rows of the same probability stay together, so a model with one answer has one bin.
    """
    means, groups = _binned(probabilities, BINS)
    return Curve(means, np.array([happened[group].mean() for group in groups]))


def spread(labels: FloatArray, predictions: FloatArray, tail: float) -> tuple[Curve, Curve, Curve]:
    """Return the labels' mean and their quantiles at ``tail`` and 1 - ``tail``, over the mean prediction.

    In up to twenty bins of as many rows each.
    """
    x, groups = _binned(predictions, 2 * BINS)
    means = np.array([labels[group].mean() for group in groups])
    low, high = np.array([np.quantile(labels[group], (tail, 1 - tail)) for group in groups]).T
    return Curve(x, means), Curve(x, low), Curve(x, high)


def by_day(metric: Metric, labels: FloatArray, predictions: FloatArray, days: npt.NDArray[np.int64]) -> Curve:
    """Return the metric of each day that has rows; nan on a day when it cannot be computed."""
    distinct = np.unique(days)
    masks = (days == day for day in distinct)
    values = [metric.bind(labels[mask], predictions[mask])(None) for mask in masks]
    return Curve(distinct.astype(np.float64), np.array(values))


def _thresholds(labels: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positive rows and all rows at or above each distinct score, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    last_of_score = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    hits = np.cumsum(labels[order] == 1)[last_of_score]
    return hits.astype(np.float64), last_of_score + 1.0


def _binned(values: FloatArray, bins: int) -> tuple[FloatArray, list[npt.NDArray[np.intp]]]:
    """Return the mean of each bin and its rows, by ascending value."""
    inner = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    codes = np.searchsorted(inner, values, side="right")
    groups = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    return np.array([values[group].mean() for group in groups]), groups


def _thin(curve: Curve) -> Curve:
    """Return at most ``MOST_POINTS`` of the points, evenly chosen, with both ends."""
    if len(curve.x) <= MOST_POINTS:
        return curve
    chosen = np.linspace(0, len(curve.x) - 1, MOST_POINTS).astype(np.intp)
    return Curve(curve.x[chosen], curve.y[chosen])
