"""How much of a model each feature carries."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.learning.problem import Problem
from tasks.metrics.losses import log_loss, squared_error

_MOST_ROWS, _FEWEST_ROWS, _PREDICTED = 2000, 200, 40_000
"""Rows whose values are shuffled, and how many rows are predicted for all features together, about."""


def shares(amounts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return each feature's share of the sum, largest first and equal ones by name; {} if the sum is 0."""
    ranked = sorted(amounts, key=lambda item: (-item[1], item[0]))
    total = sum(amount for _, amount in ranked)
    return {name: amount / total for name, amount in ranked} if total > 0 else {}


def permutation_shares(
    predict: Callable[[FeatureMatrix], FloatArray], rows: Labelled, problem: Problem
) -> dict[str, float]:
    """Return each feature's share in how much worse ``rows`` are predicted when its values are shuffled among them.

    For kinds that do not tell of themselves (Breiman 2001). Measured by the log loss or the squared error, on a
    sample that the seed draws; a feature whose loss shrinks has share 0.
    """
    random = np.random.default_rng(problem.seed)
    count = min(len(rows), _MOST_ROWS, max(_FEWEST_ROWS, _PREDICTED // max(len(rows.matrix.names), 1)))
    which = np.sort(random.choice(len(rows), count, replace=False))
    matrix, labels = rows.matrix.rows(which), rows.labels[which]
    loss = squared_error if problem.task == "regression" else log_loss
    least = float(loss(labels, predict(matrix)).mean())

    def without(position: int) -> float:
        values = matrix.values.copy()
        values[:, position] = random.permutation(values[:, position])
        return max(0.0, float(loss(labels, predict(replace(matrix, values=values))).mean() - least))

    return shares((name, without(position)) for position, name in enumerate(matrix.names))
