"""The points of the curves that pictures show, few enough to draw at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement.calibration import bins
from tasks.metrics import Metric

MOST_POINTS = 200
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
    codes = bins(probabilities, BINS)
    return Curve(_means(probabilities, codes), _means(happened, codes))


def spread(labels: FloatArray, predictions: FloatArray, tail: float) -> tuple[Curve, Curve, Curve]:
    """Return the labels' mean and their quantiles at ``tail`` and 1 - ``tail``, over the mean prediction.

    In up to twenty bins of as many rows each.
    """
    codes = bins(predictions, 2 * BINS)
    x = _means(predictions, codes)
    tails = [np.quantile(labels[codes == code], (tail, 1 - tail)) for code in range(len(x))]
    low, high = np.array(tails).T
    return Curve(x, _means(labels, codes)), Curve(x, low), Curve(x, high)


def by_day(metric: Metric, labels: FloatArray, predictions: FloatArray, days: npt.NDArray[np.int64]) -> Curve:
    """Return the metric of each day that has rows; nan on a day when it cannot be computed."""
    distinct, codes = np.unique(days, return_inverse=True)
    rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    values = [metric.bind(labels[chosen], predictions[chosen])(None) for chosen in rows]
    return Curve(distinct.astype(np.float64), np.array(values))


def _thresholds(labels: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positive rows and all rows at or above each distinct score, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    last_of_score = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    hits = np.cumsum(labels[order] == 1)[last_of_score]
    return hits.astype(np.float64), last_of_score + 1.0


def _means(values: FloatArray, codes: npt.NDArray[np.intp]) -> FloatArray:
    """Return the mean of the values of each bin."""
    return np.asarray(np.bincount(codes, values) / np.bincount(codes))


def _thin(curve: Curve) -> Curve:
    """Return at most ``MOST_POINTS`` of the points, evenly along the curve, with both ends.

    Evenly along its length, and not by number: a precision jumps about where few rows are taken, and hardly after.
    """
    if len(curve.x) <= MOST_POINTS:
        return curve
    steps = np.hypot(np.diff(curve.x), np.diff(curve.y))
    along = np.append(0, np.cumsum(steps))
    wanted = np.linspace(0, along[-1], MOST_POINTS)
    chosen = np.searchsorted(along, wanted).clip(0, len(along) - 1)
    chosen[0], chosen[-1] = 0, len(along) - 1
    return Curve(curve.x[chosen], curve.y[chosen])
