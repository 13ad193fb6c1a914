"""Look for the parts of the holdout where the challenger does worst, which nobody thought to declare.

What is found by looking at rows must not be tested on them: the worst of a thousand parts looks bad by chance alone.
So half of the blocks of time, every other one, is searched, and what is found there is tested on the other half.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement.partition import Partition
from tasks.judgement.slices import Suspect

_MOST_FEATURES = 30
"""Beyond these, only pairs among the first are looked at: the cost grows with their square."""
_ALIKE = 0.5
"""A suspect that shares more of its rows with a worse one, or holds more of it, tells nothing new."""

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Part:
    """The rows that have one value of a column, or one value of each of two."""

    score: float
    """How far below nothing the challenger's mean gain is, in standard errors."""
    name: str
    where: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class SearchRules:
    """How far to search."""

    most: int
    """Parts to return."""
    min_rows: int
    """Rows that each half of a part must have, the one that is searched and the one that tests."""
    declared: frozenset[str] = frozenset()
    """Columns whose single values are tested anyway."""


def search(
    gains: FloatArray, blocks: npt.NDArray[np.int64], columns: Mapping[str, Partition], rules: SearchRules
) -> list[Suspect]:
    """Return the worst parts by one column or two, with the rows left to test them on.

    ``gains`` is by how much less the challenger loses on each row, shape (rows,); the names of ``columns`` are whole
    phrases. The same values give the same parts.
    """
    distinct, codes = np.unique(blocks, return_inverse=True)
    looked_at = codes % 2 == 0
    if len(distinct) < 2 or rules.most == 0:
        return []
    ranked = sorted(_parts(gains[looked_at], _restricted(columns, looked_at), rules), key=_worst_first)
    return _apart(ranked, columns, looked_at, rules)


def _parts(gains: FloatArray, columns: Mapping[str, Partition], rules: SearchRules) -> Iterator[_Part]:
    for name, parts in columns.items():
        for code, score in () if name in rules.declared else _scores(gains, parts.codes, rules.min_rows):
            yield _Part(score, parts.names[code], ((name, code),))
    for (a, left), (b, right) in combinations(list(columns.items())[:_MOST_FEATURES], 2):
        width = len(right.names)
        for code, score in _scores(gains, left.codes * width + right.codes, rules.min_rows):
            first, second = divmod(code, width)
            yield _Part(score, f"{left.names[first]} and {right.names[second]}", ((a, first), (b, second)))


def _scores(gains: FloatArray, codes: npt.NDArray[np.intp], min_rows: int) -> Iterator[tuple[int, float]]:
    """Yield each value with rows enough on which the challenger loses more, with how sure that looks."""
    rows, sums, squares = np.bincount(codes), np.bincount(codes, gains), np.bincount(codes, gains**2)
    for code in np.flatnonzero((rows >= min_rows) & (sums < 0)):
        yield int(code), float(sums[code] / np.sqrt(squares[code]))


def _apart(ranked: list[_Part], columns: Mapping[str, Partition], looked_at: Rows, rules: SearchRules) -> list[Suspect]:
    """Return the first of ``ranked`` that share few rows with those before them."""
    found: list[tuple[str, Rows]] = []
    for part in ranked:
        if len(found) == rules.most:
            break
        rows = np.logical_and.reduce([columns[name].has(code) for name, code in part.where])
        if (rows & ~looked_at).sum() >= rules.min_rows and all(_overlap(rows, other) <= _ALIKE for _, other in found):
            found.append((part.name, rows))
    return [Suspect(name, rows & ~looked_at) for name, rows in found]


def _overlap(a: Rows, b: Rows) -> float:
    """Return which share of the smaller part is in the other too."""
    return float((a & b).sum() / min(a.sum(), b.sum()))


def _restricted(columns: Mapping[str, Partition], rows: Rows) -> dict[str, Partition]:
    return {name: Partition(parts.codes[rows], parts.names) for name, parts in columns.items()}


def _worst_first(part: _Part) -> tuple[float, int, str]:
    return part.score, len(part.where), part.name
