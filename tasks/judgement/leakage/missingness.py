"""Columns that are filled, or empty, because of the outcome: whether there is a value tells the label."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tasks.judgement.leakage.case import AuditCase, Leak
from tasks.judgement.leakage.coding import FIRST, Coded, code_numbers
from tasks.judgement.leakage.explained import Answers, Mask, explained
from tasks.judgement.leakage.sample import Side, View
from tasks.judgement.leakage.wording import if_known_afterwards, percent

_DECIDES = 0.85
_PURE = 0.98
"""Share of one class among the rows in which a column is filled (or empty), from which on it tells the class."""
_MOST_COMMON = 0.7
"""A class with more rows than this is likely anyhow."""
_CHANCE = 1e-6
"""That so many rows are all of one class by accident."""
_FEWEST_ROWS = 8
_QUANTILES = (0.3, 0.5, 0.7)
"""Where a regression's labels are cut into low and high ones."""


@dataclass(frozen=True)
class _Gaps:
    """Where a column has no value."""

    learned: Mask
    judged: Mask

    @property
    def turned(self) -> "_Gaps":
        return _Gaps(~self.learned, ~self.judged)

    @property
    def enough(self) -> bool:
        sizes = [
            int(np.count_nonzero(side == state)) for side in (self.learned, self.judged) for state in (True, False)
        ]
        return min(sizes) >= _FEWEST_ROWS


def missingness(case: AuditCase, seen: View) -> Iterator[Leak]:
    """Yield the features whose gaps decide the label, or a class of it."""
    answers = Answers(case.task, seen.learned.labels, seen.judged.labels)
    for column in case.features:
        gaps = _Gaps(_missing(seen.learned, column), _missing(seen.judged, column))
        if gaps.enough and (share := _decided(gaps, answers)) >= _DECIDES:
            yield Leak(
                "missingness",
                "refuse",
                column,
                share,
                f"whether {column} is filled decides the target ({percent(share)}): a column that the outcome fills "
                f"is empty when the prediction is made; {if_known_afterwards(column)}",
            )


def _missing(side: Side, column: str) -> Mask:
    values = side.table.column(column)
    if values.null_count == 0 and not pa.types.is_floating(values.type):
        return np.zeros(len(values), dtype=bool)
    return np.asarray(values.is_null(nan_is_null=True).to_numpy(), dtype=bool)


def _decided(gaps: _Gaps, answers: Answers) -> float:
    """Return how far gaps decide a label, from 0 to 1: explain a class, or stand for one."""
    if answers.task == "regression":
        learned, judged = answers.ranks
        halves = [Answers("binary", (learned > q).astype(float), (judged > q).astype(float)) for q in _QUANTILES]
        return max(_told_by_ranks(gaps, answers), *(_standing(gaps, half) for half in halves))
    classes = np.unique(answers.learned)
    one_of_two = classes[1:] if len(classes) == 2 else classes
    one_or_not = [_one_class(answers, k) for k in one_of_two]
    return max(max(_standing(gaps, one), _explains(gaps, one)) for one in one_or_not)


def _one_class(answers: Answers, value: float) -> Answers:
    return Answers("binary", (answers.learned == value).astype(float), (answers.judged == value).astype(float))


def _explains(gaps: _Gaps, answers: Answers) -> float:
    coded = Coded(gaps.learned + FIRST, gaps.judged + FIRST, FIRST + 2, by_value=True)
    return float(np.nan_to_num(explained(coded, answers), nan=0.0))


def _told_by_ranks(gaps: _Gaps, answers: Answers) -> float:
    """Return how far a regression's label decides whether there is a gap: the other way round, as a gap is one bit."""
    coded = code_numbers(*answers.ranks)[0]
    is_gap = Answers("binary", gaps.learned.astype(float), gaps.judged.astype(float))
    return float(np.nan_to_num(explained(coded, is_gap), nan=0.0))


def _standing(gaps: _Gaps, answers: Answers) -> float:
    """Return the share of one of two classes among the rows with a gap, or without, if it is nearly all; else 0."""
    return max(_stands_for(state, answers, k) for state in (gaps, gaps.turned) for k in (0.0, 1.0))


def _stands_for(state: _Gaps, answers: Answers, value: float) -> float:
    sides = (state.learned, answers.learned), (state.judged, answers.judged)
    shares = [float(np.mean(labels[inside] == value)) for inside, labels in sides]
    common = max(float(np.mean(labels == value)) for _, labels in sides)
    rows = sum(int(inside.sum()) for inside, _ in sides)
    if min(shares) < _PURE or common > _MOST_COMMON or common**rows > _CHANCE:
        return 0.0
    return min(shares)
