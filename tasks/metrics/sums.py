"""The metrics that are made of sums over rows."""

from math import nan

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.metrics.losses import absolute_error, codes, decisions, squared_error
from tasks.metrics.metric import Losses, Sums, Weighted, ratio


def mean_of(losses: Losses) -> Sums:
    """The mean of the rows' losses."""
    return Sums(lambda labels, predictions: _columns(losses(labels, predictions)), _mean)


def _mean(sums: FloatArray) -> FloatArray:
    return ratio(sums[..., 0], sums[..., 1])


def _f1_parts(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    said = decisions(predictions).astype(np.float64)
    return np.column_stack([labels * said, labels + said])


def macro_f1(labels: FloatArray, predictions: FloatArray) -> Weighted:
    """F1 = 2 hits / (rows of the class + rows said to be), averaged over the classes that occur in either.

    Made of sums too, but of two for each class: a thousand classes would need more memory than the rows.
    """
    actual, said = codes(labels), decisions(predictions)
    classes = predictions.shape[1]

    def weighted(weights: FloatArray | None) -> float:
        each = np.ones(len(actual)) if weights is None else weights
        hits = np.bincount(actual, each * (actual == said), classes)
        rows = np.bincount(actual, each, classes) + np.bincount(said, each, classes)
        occurs = rows > 0
        return float(np.mean(2 * hits[occurs] / rows[occurs])) if occurs.any() else nan

    return weighted


def _r2_parts(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    """Squared errors, and labels around a fixed value: their variance loses no digits so, whatever their size."""
    around = labels - labels[0] if len(labels) else labels
    return np.column_stack([_columns(squared_error(labels, predictions)), around, around**2])


def _r2(sums: FloatArray) -> FloatArray:
    errors, rows, values, squares = np.moveaxis(sums, -1, 0)
    varied = squares - ratio(values**2, rows)
    return 1 - ratio(errors, np.where(varied > 1e-12 * squares, varied, 0))


def _share_of_error_parts(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    counts = labels != 0
    sizes = np.abs(np.where(counts, labels, 1))
    return np.column_stack([np.where(counts, absolute_error(labels, predictions) / sizes, 0), counts])


def _columns(losses: FloatArray) -> FloatArray:
    return np.column_stack([losses, np.ones(len(losses))])


F1 = Sums(_f1_parts, lambda sums: ratio(2 * sums[..., 0], sums[..., 1]))
"""F1 of the positive class; nan when no row is positive and none is said to be."""
RMSE = Sums(mean_of(squared_error).parts, lambda sums: np.sqrt(_mean(sums)))
R2 = Sums(_r2_parts, _r2)
"""The share of the labels' variance that is explained; nan when they do not vary."""
MAPE = Sums(_share_of_error_parts, _mean)
"""The mean of the errors as shares of the labels; rows whose label is 0 have none, and are left out."""
