"""How far the difference of two ROC AUCs on the same, independent rows may be off."""

from math import nan, sqrt

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray


def auc_difference_error(labels: FloatArray, challenger: FloatArray, rival: FloatArray) -> float:
    """Return the standard error of AUC(challenger) - AUC(rival); nan with fewer than two rows of a class.

    DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44(3), equations 3 to 6, with the placements found by
    sorting as in Sun and Xu 2014, IEEE Signal Processing Letters 21(11): n·log n instead of n².
    """
    positive = labels == 1
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if min(positives, negatives) < 2:
        return nan
    own, other = (_placements(scores, positive) for scores in (challenger, rival))
    of_positives, of_negatives = own[0] - other[0], own[1] - other[1]
    variance = of_positives.var(ddof=1) / positives + of_negatives.var(ddof=1) / negatives
    return sqrt(float(variance))


def _placements(scores: FloatArray, positive: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return for each positive row the share of negative ones below it, for each negative that of positives above."""
    high, low = scores[positive], scores[~positive]
    return _share_below(low, high), 1 - _share_below(high, low)


def _share_below(others: FloatArray, scores: FloatArray) -> FloatArray:
    """Return for each of ``scores`` the share of ``others`` below it, equal ones counting half."""
    ranked = np.sort(others)
    below = np.searchsorted(ranked, scores, "left") + np.searchsorted(ranked, scores, "right")
    return np.asarray(below / (2 * len(ranked)))
