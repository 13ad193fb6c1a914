"""What each feature adds to a model's score for a row."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray

_PREDICTED, _MOST_DRAWS = 40_000, 200
"""Rows predicted for all that are explained together, about; and orders of the features for each of them, at most."""

_SMALLEST = 1e-9
"""What counts as the smallest probability: its log odds are finite."""


@dataclass(frozen=True, eq=False)
class Contributions:
    """What each feature adds to the scores of some rows: ``base`` and all amounts of a row add up to its scores.

    A score is the value of a regression, the log odds of a positive, or a class's, before they become probabilities.
    """

    base: FloatArray
    """Shape (scores,); -inf for a class that the model does not know."""
    amounts: FloatArray
    """Shape (rows, features, scores), the features in the order of the matrix."""
    method: str
    """How they were found, as the end of a sentence."""

    def by_code(self, classes: tuple[int, ...], codes: int) -> "Contributions":
        """Return them with a score for each of ``codes`` classes, where the scores are those of ``classes``."""
        if not classes or classes == tuple(range(codes)):
            return self
        base, amounts = np.full(codes, -np.inf), np.zeros((*self.amounts.shape[:2], codes))
        base[list(classes)], amounts[:, :, list(classes)] = self.base, self.amounts
        return replace(self, base=base, amounts=amounts)


def by_permutation(
    score: Callable[[FeatureMatrix], FloatArray], rows: FeatureMatrix, usual: FeatureMatrix
) -> Contributions:
    """Return estimates for a model of which nothing is known but ``score``, which gives shape (rows, scores).

    Shapley values by sampling (Štrumbelj and Kononenko 2014, algorithm 1): a row of ``usual`` becomes the row in
    question feature by feature, in a random order, and each feature has the change at its turn, averaged over
    draws. An order is drawn with its reverse, which halves much of the noise (Mitchell et al. 2022, section 3.1).
    The changes of one draw add up, so their averages do too, whatever the number of draws.
    """
    random, count = np.random.default_rng(0), len(rows.names)
    draws = min(max(_PREDICTED // (max(len(rows), 1) * (count + 1)) // 2, 1), _MOST_DRAWS // 2)
    orders = random.permuted(np.tile(np.arange(count), (draws, 1)), axis=1)
    orders = np.concatenate([orders, orders[:, ::-1]])
    begins = np.tile(usual.values[random.integers(len(usual), size=draws)], (2, 1))
    turns = np.argsort(orders, axis=1)
    # Shape (draws, steps, features): at step n the n features whose turn was before are as in the row in question.
    changed = turns[:, None, :] < np.arange(count + 1)[None, :, None]
    starts = score(replace(usual, values=begins))

    def amounts(row: FloatArray) -> FloatArray:
        values = np.where(changed, row, begins[:, None, :]).reshape(-1, count).astype(np.float32)
        scores = score(replace(rows, values=values)).reshape(len(orders), count + 1, -1)
        changes = np.take_along_axis(np.diff(scores, axis=1), turns[:, :, None], axis=1)
        return np.asarray(changes.mean(axis=0))

    found = [amounts(row) for row in rows.values]
    return Contributions(
        base=starts.mean(axis=0),
        amounts=np.stack(found) if found else np.empty((0, count, starts.shape[1])),
        method=f"estimated by {len(orders)} random orders in which features take the row's values (Shapley sampling)",
    )


def by_answers(
    predict: Callable[[FeatureMatrix], FloatArray], rows: FeatureMatrix, usual: FeatureMatrix, *, probabilities: bool
) -> Contributions:
    """Return estimates for a model of which nothing is known but its answers: values, or ``probabilities``."""

    def score(matrix: FeatureMatrix) -> FloatArray:
        answers = predict(matrix)
        likely = np.clip(answers, _SMALLEST, 1 - _SMALLEST)
        if answers.ndim == 2:
            return np.asarray(np.log(likely))
        return (np.log(likely / (1 - likely)) if probabilities else answers)[:, None]

    return by_permutation(score, rows, usual)
