"""Classes that are rare, and count for as much as those that are not."""

import numpy as np

from tasks.data.matrix import FloatArray, Labelled
from tasks.learning.problem import Problem


def class_weights(rows: Labelled, problem: Problem) -> FloatArray:
    """Return what makes all classes of ``rows`` weigh alike, shape (classes,), and the sum of the weights as it was.

    >>> from tasks.data.matrix import FeatureMatrix, Target
    >>> matrix = FeatureMatrix(np.zeros((4, 1), dtype=np.float32), ("x",), (0,))
    >>> target = Target("y", (False, True))
    >>> class_weights(Labelled(matrix, np.array([0.0, 0, 0, 1])), Problem("binary", target, seed=0, threads=1))
    array([0.66666667, 2.        ])
    """
    found = np.bincount(rows.labels.astype(np.intp), rows.weights, minlength=problem.target.codes)
    there = found > 0
    return np.where(there, found.sum() / (there.sum() * np.where(there, found, 1)), 1.0)


def weighted(rows: Labelled, of_classes: FloatArray) -> Labelled:
    """Return ``rows``, each of which counts as its class does, beside what it counted before."""
    weights = of_classes[rows.labels.astype(np.intp)]
    return rows.weighted(weights if rows.weights is None else weights * rows.weights)
