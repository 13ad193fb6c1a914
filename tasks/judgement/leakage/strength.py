"""How strongly each feature by itself points to the label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.judgement.leakage.coding import MISSING, Coded, codings, is_text, numbers_of
from tasks.judgement.leakage.explained import Answers, explained, in_order
from tasks.judgement.leakage.sample import View

_ONE = 1 - 1e-9
_FEW_ROWS = 2_000
"""Of fewer rows one look is too much of a chance: an honest column may look like a near-copy."""
_WORTH_A_LOOK = 0.8
"""A weaker column is none that decides, in whatever way."""


@dataclass(frozen=True)
class Strength:
    """What one column explains by itself."""

    column: str
    share: float
    """Of the label, on rows that the rule was not learned on; see ``explained``."""
    exact: bool
    """Each of its values goes with one label, and each label with one value."""
    coded: bool
    """Its values are codes or words, more of them than there are labels: it is no copy, and may still decide."""

    @property
    def left(self) -> float:
        """What it leaves unexplained."""
        return 1 - self.share


def strengths(columns: Sequence[str], seen: View) -> list[Strength]:
    """Return the strength of each column that can be measured, the strongest first."""
    answers = Answers(seen.task, seen.learned.labels, seen.judged.labels)
    measured = [strength(column, seen, answers) for column in columns]
    return sorted((found for found in measured if found), key=lambda found: (found.left, found.column))


def strength(column: str, seen: View, answers: Answers) -> Strength | None:
    """Return how strongly ``column`` points to ``answers``; None for a type that cannot be put into bins."""
    learned, judged = seen.learned.table.column(column), seen.judged.table.column(column)
    ways = codings(learned, judged)
    if not ways:
        return None
    shares = [_share(coded, answers) for coded in ways]
    best = ways[int(np.argmax(shares))]
    numbers = numbers_of(judged) if answers.task == "regression" else None
    in_line = 0.0 if numbers is None else np.nan_to_num(in_order(numbers, answers))
    share = float(max(*shares, in_line))
    if share < _WORTH_A_LOOK:
        return Strength(column, share, exact=False, coded=False)
    exact = in_line >= _ONE if answers.task == "regression" else _one_to_one(best, answers)
    coded = is_text(learned.type) or (best.by_value and _bins(best) > len(np.unique(answers.learned)))
    return Strength(column, share, bool(exact), bool(coded))


def _share(coded: Coded, answers: Answers) -> float:
    """Return what is explained of all rows or, if that is more, of those where the column is filled."""
    found = _explained(coded, answers, filled_only=False)
    if (coded.judged == MISSING).any() and (coded.judged != MISSING).any():
        found = np.fmax(found, _explained(coded, answers, filled_only=True))
    return float(np.nan_to_num(found, nan=0.0))


def _explained(coded: Coded, answers: Answers, *, filled_only: bool) -> float:
    """Return what is explained of later rows; if they are few, the mean of that and of what they explain of earlier."""
    forth = explained(coded, answers, filled_only=filled_only)
    if len(answers.judged) >= _FEW_ROWS:
        return forth
    return (forth + explained(coded.turned, answers.turned, filled_only=filled_only)) / 2


def _one_to_one(coded: Coded, answers: Answers) -> bool:
    pairs = np.unique(np.column_stack([coded.judged, answers.judged.astype(np.intp)]), axis=0)
    return coded.by_value and len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))


def _bins(coded: Coded) -> int:
    return len(np.unique(coded.learned))
