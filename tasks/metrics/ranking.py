"""The metrics that depend on how scores rank the rows."""

from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.metrics.losses import absolute_error
from tasks.metrics.metric import Bind, Weighted

_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def roc_auc(labels: FloatArray, scores: FloatArray) -> Weighted:
    """The share of pairs, one row of each class, that are in the right order; equal scores count half."""
    ranking = _Ranking.of(labels, scores)

    def weighted(weights: FloatArray | None) -> float:
        each = _or_ones(weights, len(labels))
        positive, ahead = each[ranking.positive], _running(each[ranking.negative])
        pairs = positive.sum() * ahead[-1]
        lost = positive @ (ahead[ranking.above] + ahead[ranking.level]) / 2
        return float(1 - lost / pairs) if pairs > 0 else nan

    return weighted


def average_precision(labels: FloatArray, scores: FloatArray) -> Weighted:
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


def recall_at_precision(wanted: float) -> Bind:
    """The most positive rows that a threshold finds with a precision of at least ``wanted``; 0 if none has it."""

    def bind(labels: FloatArray, scores: FloatArray) -> Weighted:
        curve = _Thresholds.of(labels, scores)

        def weighted(weights: FloatArray | None) -> float:
            hits, taken = curve.found(_or_ones(weights, len(labels)))
            if len(hits) == 0 or hits[-1] == 0:
                return nan
            precise = (taken > 0) & (hits >= wanted * taken)
            return float(hits[precise].max(initial=0) / hits[-1])

        return weighted

    return bind


def precision_at(most: float) -> Bind:
    """The precision among the highest scores: of ``most`` rows, or below 1 of that share of the rows.

    Where the last place falls among rows of one score, each has its share of it.
    """

    def bind(labels: FloatArray, scores: FloatArray) -> Weighted:
        curve = _Thresholds.of(labels, scores)

        def weighted(weights: FloatArray | None) -> float:
            hits, taken = curve.found(_or_ones(weights, len(labels)))
            if len(taken) == 0 or taken[-1] == 0:
                return nan
            places = most * taken[-1] if most < 1 else min(most, taken[-1])
            return float(np.interp(places, np.append(0, taken), np.append(0, hits)) / places)

        return weighted

    return bind


def median_absolute_error(labels: FloatArray, predictions: FloatArray) -> Weighted:
    """The middle error; the mean of the two nearest when half of the weight lies exactly between them."""
    errors = absolute_error(labels, predictions)
    order = np.argsort(errors, kind="stable")
    ranked = errors[order]

    def weighted(weights: FloatArray | None) -> float:
        upto = np.cumsum(_or_ones(weights, len(order))[order])
        if len(upto) == 0 or upto[-1] == 0:
            return nan
        low, high = (np.searchsorted(upto, upto[-1] / 2, side=s) for s in _SIDES)
        return float((ranked[low] + ranked[high]) / 2)

    return weighted


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


@dataclass(frozen=True)
class _Thresholds:
    """Every distinct score as a threshold, from the highest down."""

    order: npt.NDArray[np.intp]
    hits: FloatArray
    """1 for each positive row, in that order."""
    last: npt.NDArray[np.intp]
    """The position of each threshold's last row."""

    @classmethod
    def of(cls, labels: FloatArray, scores: FloatArray) -> "_Thresholds":
        order = np.argsort(-scores, kind="stable")
        last = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)
        return cls(order, (labels[order] == 1).astype(np.float64), last)

    def found(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the weight of positive rows and of all rows at or above each threshold."""
        ranked = weights[self.order]
        return np.cumsum(ranked * self.hits)[self.last], np.cumsum(ranked)[self.last]


def _running(weights: FloatArray) -> FloatArray:
    """Return the sums of the first 0, 1, … all weights."""
    return np.concatenate(([0.0], np.cumsum(weights)))


def _or_ones(weights: FloatArray | None, rows: int) -> FloatArray:
    return np.ones(rows) if weights is None else weights
