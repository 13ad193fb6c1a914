"""How much of the label one column explains, on rows that the rule was not learned on.

One figure for every column and every task. The rule is a step function: for each bin of the column the mean
label of the learning rows, drawn a little towards the mean of all. The figure is the share of the judging rows'
variance that it explains (R²; of a class target the same of the indicators, 1 - Brier / Brier of knowing
nothing). 1: the column decides; 0: it says nothing; below 0: what was learned is wrong.

Every class weighs the same, or a column that finds the one per cent of frauds would count for nothing. A
regression's labels are taken as ranks, or a few giants would decide.
"""

from dataclasses import dataclass
from functools import cached_property
from math import nan

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.coding import MISSING, Coded
from tasks.judgement.leakage.sample import FEWEST_OF_CLASS
from tasks.metrics import Task

_FEWEST_ROWS = 30

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """The labels of the learning and of the judging rows."""

    task: Task
    learned: FloatArray
    judged: FloatArray

    def rows(self, learned: Mask, judged: Mask) -> "Answers":
        """Return the chosen rows."""
        return Answers(self.task, self.learned[learned], self.judged[judged])

    @property
    def turned(self) -> "Answers":
        """The same, to be learned from the later rows and judged on the earlier ones."""
        return Answers(self.task, self.judged, self.learned)

    @cached_property
    def ranks(self) -> tuple[FloatArray, FloatArray]:
        """The labels of each side as ranks among those of both."""
        both = ranks(np.concatenate([self.learned, self.judged]))
        return both[: len(self.learned)], both[len(self.learned) :]


def explained(coded: Coded, answers: Answers, *, filled_only: bool = False, pull: float = 1.0) -> float:
    """Return the share of the labels that the column explains; nan if there are too few rows to say.

    With ``filled_only``, rows where the column is missing do not count. In every bin, the mean of all counts for
    ``pull`` rows.
    """
    if answers.task == "regression":
        learned, judged = (_sums(codes, y, coded.count) for codes, y in _pairs(coded, answers.ranks))
        share = _share_of_ranks
    else:
        classes = int(max(answers.learned.max(initial=0), answers.judged.max(initial=0))) + 1
        pairs = _pairs(coded, (answers.learned, answers.judged))
        learned, judged = (_counts(codes, y, (coded.count, classes)) for codes, y in pairs)
        share = _share_of_classes
    if filled_only:
        learned[MISSING], judged[MISSING] = 0, 0
    return share(learned, judged, pull)


def in_order(numbers: FloatArray, answers: Answers) -> float:
    """Return the squared rank correlation of numbers, NaN where missing, with a regression's judging labels.

    A monotone function of the label is found by it even where the label has left the range of the learning rows.
    """
    filled = ~np.isnan(numbers)
    if filled.sum() < _FEWEST_ROWS:
        return nan
    mine = ranks(numbers[filled])
    theirs = ranks(answers.judged[filled])
    if mine.std() == 0 or theirs.std() == 0:
        return 0.0
    return float(min(np.corrcoef(mine, theirs)[0, 1] ** 2, 1.0))


def ranks(values: FloatArray) -> FloatArray:
    """Return the ranks as shares from 0 to 1; equal values share the middle of their ranks.

    >>> ranks(np.array([30.0, 10.0, 20.0, 10.0])).tolist()
    [1.0, 0.375, 0.75, 0.375]
    """
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray((middle / max(len(values), 1))[codes])


def _pairs(coded: Coded, labels: tuple[FloatArray, FloatArray]) -> list[tuple[npt.NDArray[np.intp], FloatArray]]:
    return [(coded.learned, labels[0]), (coded.judged, labels[1])]


def _counts(codes: npt.NDArray[np.intp], labels: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Return how many rows of each bin have each class, shape (bins, classes)."""
    both = codes * shape[1] + labels.astype(np.intp)
    return np.bincount(both, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)


def _sums(codes: npt.NDArray[np.intp], labels: FloatArray, bins: int) -> FloatArray:
    """Return of each bin the number of rows, the sum of labels and of their squares, shape (bins, 3)."""
    columns = [np.bincount(codes, weights, bins) for weights in (None, labels, labels**2)]
    return np.column_stack(columns).astype(np.float64)


def _share_of_classes(learned: FloatArray, judged: FloatArray, pull: float) -> float:
    rows = learned.sum(axis=0), judged.sum(axis=0)
    enough = (rows[0] >= FEWEST_OF_CLASS) & (rows[1] >= FEWEST_OF_CLASS)
    classes = int(enough.sum())
    if classes < 2:
        return nan
    weighted = learned[:, enough] * (rows[0].sum() / classes / rows[0][enough])
    chances = (weighted + pull / classes) / (weighted.sum(axis=1, keepdims=True) + pull)
    loss_if = 1 - 2 * chances + (chances**2).sum(axis=1, keepdims=True)
    loss = (judged[:, enough] / rows[1][enough] * loss_if).sum() / classes
    return float(1 - loss / (1 - 1 / classes))


def _share_of_ranks(learned: FloatArray, judged: FloatArray, pull: float) -> float:
    (n, y, _), (m, z, zz) = learned.T, judged.T
    if n.sum() < _FEWEST_ROWS or m.sum() < _FEWEST_ROWS:
        return nan
    mean = (y + pull * y.sum() / n.sum()) / (n + pull)
    variance = zz.sum() - z.sum() ** 2 / m.sum()
    error = (zz - 2 * mean * z + mean**2 * m).sum()
    return float(1 - error / variance) if variance > 0 else nan
