"""Words that are gone, and words that are new."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.sample import Sample
from tasks.monitoring.triage.view import Column, View
from tasks.monitoring.triage.wording import join, percent

_COMMON = 0.02
"""A category rarer than that may be missing from a window."""
_FEWEST = 25
"""So many rows of it are expected: none at all by chance once in e²⁵ windows."""
_GONE = 0.1
"""Of a category's share, what is left when it counts as gone."""
_NEW = 0.03
"""New words take so many rows; a new customer or shop takes fewer at once."""
_MATCH = 0.3
"""A new word is an old one's new name if their shares agree this well, relative to the larger."""
_MOST_NAMED = 3


@dataclass(frozen=True)
class _Shares:
    """The share of each word."""

    now: FloatArray
    norm: FloatArray
    always: FloatArray
    """The smallest share in any window that was fine."""
    ever: FloatArray
    """The largest."""


def renamed_category(view: View) -> Iterator[Finding]:
    """Yield the text columns where a word never seen stands for one that has become rare or is gone."""
    for column in view.columns:
        if not column.is_text:
            continue
        shares = _measured(column)
        new = [int(code) for code in np.flatnonzero((shares.ever == 0) & (shares.now >= _COMMON / 2))]
        total = float(sum(shares.now[code] for code in new))
        if total < _NEW:
            continue
        pairs = _pairs(column, shares, new)
        explained = sum(shares.now[after] for _, after in pairs)
        if pairs and explained >= total / 2:
            yield _renamed(column, pairs, total)


def vanished_category(view: View) -> Iterator[Finding]:
    """Yield the text columns where a common word is gone, and no new one stands for it."""
    for column in view.columns:
        if not column.is_text:
            continue
        shares = _measured(column)
        enough = shares.norm * len(column.current.present) >= _FEWEST
        gone = np.flatnonzero((shares.always >= _COMMON) & enough & (shares.now <= _GONE * shares.always))
        if len(gone) and _rest_apart(shares, gone) <= column.usual:
            words = join([column.words[code] for code in gone[:_MOST_NAMED]])
            lost = float(shares.norm[gone].sum())
            sentence = (
                f"fix the data: {words} of {join([column.name])} is gone; it was {percent(lost)} of the rows in "
                f"{column.norm_in_words}"
            )
            yield Finding("vanished_category", "fix_the_data", (column.name,), lost, 0.8, sentence)


def _rest_apart(shares: _Shares, gone: npt.NDArray[np.intp]) -> float:
    """Return how far the proportions of the other words are apart: when the mix has shifted, none is lost."""
    now, then = (np.delete(part, gone) for part in (shares.now, shares.norm))
    if not now.sum() or not then.sum():
        return 0.0
    return float(np.abs(now / now.sum() - then / then.sum()).sum() / 2)


def _measured(column: Column) -> _Shares:
    fine = np.array([_of(part, column) for part in (column.norm, column.reference, *column.windows)])
    common = np.array([_of(part, column) for part in (column.norm, column.reference)])
    return _Shares(_of(column.current, column), fine[0], common.min(axis=0), fine.max(axis=0))


def _of(part: Sample, column: Column) -> FloatArray:
    counts = np.bincount(part.present.astype(np.int64), minlength=len(column.words))
    return counts / max(len(part.present), 1)


def _pairs(column: Column, shares: _Shares, new: list[int]) -> list[tuple[int, int]]:
    """Return each new word with the old one that it stands for: spelt alike, or as much rarer as the new is common."""
    pairs: list[tuple[int, int]] = []
    lost = np.maximum(shares.norm - shares.now, 0)
    for after in sorted(new, key=lambda code: -shares.now[code]):
        free = [code for code in np.flatnonzero(shares.norm > 0) if code not in [before for before, _ in pairs]]
        alike = [code for code in free if _spelling(column.words[code]) == _spelling(column.words[after])]
        near = sorted(alike or free, key=lambda code: abs(lost[code] - shares.now[after]))[:1]
        matches = [c for c in near if abs(lost[c] - shares.now[after]) <= _MATCH * max(lost[c], shares.now[after])]
        pairs += [(int(code), after) for code in (alike[:1] or matches)]
    return pairs


def _spelling(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def _renamed(column: Column, pairs: list[tuple[int, int]], share: float) -> Finding:
    named = [f'"{column.words[before]}" → "{column.words[after]}"' for before, after in pairs[:_MOST_NAMED]]
    more = f" and {len(pairs) - _MOST_NAMED} more" if len(pairs) > _MOST_NAMED else ""
    sentence = (
        f"fix the data: categories of {join([column.name])} look renamed: {', '.join(named)}{more}, in "
        f"{percent(share)} of the rows"
    )
    return Finding("renamed_category", "fix_the_data", (column.name,), share, 0.95, sentence)
