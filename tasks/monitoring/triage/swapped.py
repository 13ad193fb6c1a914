"""Two columns that changed places."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.rowwise import by_rows
from tasks.monitoring.triage.sample import Sample, below
from tasks.monitoring.triage.view import Column, View
from tasks.monitoring.triage.wording import join, percent

_SHARES = np.linspace(0.1, 1, 19)
_CHANGED = 0.1
_LEFT = 0.3
"""Of the change of both, the swap may leave so much unexplained."""
_ALWAYS_LEFT = 0.03
_ALL = 0.95


def swapped_columns(view: View) -> Iterator[Finding]:
    """Yield the pairs of columns of one type of which each now looks like the other, in all rows or in some."""
    known = [column for column in view.columns if len(column.norm.present)]  # what is new was in no other place
    for one, other in combinations(known, 2):
        if one.is_text == other.is_text and (share := _by_shape(one, other) or by_rows(one, other)):
            yield _finding(one, other, share)


def _finding(one: Column, other: Column, share: float) -> Finding:
    how_many = "" if share > _ALL else f" in about {percent(share)} of the rows"
    names = join([one.name, other.name])
    sentence = f"fix the data: {names} look swapped{how_many}: put back, they are as in {one.norm_in_words}"
    return Finding("swapped_columns", "fix_the_data", (one.name, other.name), share, 0.9, sentence)


def _by_shape(one: Column, other: Column) -> float:
    """Return the share of swapped rows by the two distributions; 0: they say nothing of a swap."""
    if min(one.change, other.change) < _CHANGED or not (one.moved or other.moved):
        return 0.0
    share, left = _best(_curves(one, other), _curves(other, one))
    return share if left <= max(_LEFT * min(one.change, other.change), _ALWAYS_LEFT) else 0.0


_Curves = tuple[FloatArray, FloatArray, FloatArray]


def _best(one: _Curves, other: _Curves) -> tuple[float, float]:
    """Return the share of swapped rows that explains both columns best, and what it leaves unexplained."""
    left = np.maximum(
        *(np.abs(mine + _SHARES[:, None] * (its - mine) - now).max(axis=1) for now, mine, its in (one, other))
    )
    best = int(left.argmin())
    return float(_SHARES[best]), float(left[best])


def _curves(column: Column, other: Column) -> _Curves:
    """Return cumulative shares: of the column now, of the column as it was, of the other as it was."""
    if column.is_text:
        words = sorted({*column.words, *other.words})
        parts = [(column.current, column), (column.norm, column), (other.norm, other)]
        now, mine, its = (np.cumsum(_shares(part, whose, words)) for part, whose in parts)
        return now, mine, its
    now, mine, its = column.current.present, column.norm.present, other.norm.present
    places = np.concatenate([now, mine, its])
    return below(now, places), below(mine, places), below(its, places)


def _shares(part: Sample, column: Column, words: list[str]) -> npt.NDArray[np.float64]:
    found = np.zeros(len(words))
    places = {word: place for place, word in enumerate(words)}
    for code, share in zip(*part.counted, strict=True):
        found[places[column.words[int(code)]]] = share
    return found
