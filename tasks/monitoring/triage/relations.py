"""What the other numbers of a row say of one of them, learned on rows that were fine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray

_TOLD = 0.5
"""Of a column's spread, what the others leave unexplained at most: else they say nothing of single rows."""
_WITHIN = 0.97
"""So many rows that were fine are within half of the tolerance: the next season is not quite like those seen;"""
_MOST_BEYOND = 0.25
"""and in no window so many are beyond it: a relation of one season only is none."""
_RIDGE = 1e-4
_FAR = 3.0
"""Spreads: beyond, a square would outweigh all else."""


@dataclass(frozen=True)
class _Scale:
    """Where the columns lie and how far they spread, shapes (columns,)."""

    centre: FloatArray
    spread: FloatArray

    def of(self, table: FloatArray) -> FloatArray:
        """Return the rows on these scales with a 1, all columns and their squares; what is missing lies in the middle.

        Shape (rows, 1 + 2 × columns).
        """
        found = np.nan_to_num((table - self.centre) / self.spread)
        return np.column_stack([np.ones(len(found)), found, found.clip(-_FAR, _FAR) ** 2])


@dataclass(frozen=True)
class Relation:
    """One number as the others foretell it."""

    place: int
    """Of its column in the table."""
    scale: _Scale
    weights: FloatArray
    tolerance: float
    """In spreads of the column: rows that are fine are as near to what is foretold."""
    usual: float = 0.0
    """The largest share of strange rows in any window that was fine."""

    def strange(self, table: FloatArray) -> npt.NDArray[np.bool_]:
        """Say of each row whether the number is not what the others say; a missing one is not strange. Shape (rows,)."""
        return self._off(table) > self.tolerance

    def _off(self, table: FloatArray) -> FloatArray:
        value = (table[:, self.place] - self.scale.centre[self.place]) / self.scale.spread[self.place]
        return np.asarray(np.nan_to_num(np.abs(value - self.scale.of(table) @ self.weights)), dtype=np.float64)


def relations(parts: Sequence[FloatArray]) -> tuple[Relation, ...]:
    """Return the relations that hold in each of ``parts``, tables of the same columns, of which the first two are all.

    Least squares with a small ridge, on all other columns and their squares.
    """
    learned = np.concatenate(parts[:2])
    scale = _scale(learned)
    return tuple(_holding(scale, learned, parts))


def _scale(table: FloatArray) -> _Scale:
    known = ~np.isnan(table)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.nansum(table, axis=0) / count
    spread = np.sqrt(np.nansum((table - centre) ** 2, axis=0) / count)
    return _Scale(centre, np.maximum(spread, 1e-12))


def _holding(scale: _Scale, learned: FloatArray, parts: Sequence[FloatArray]) -> Iterator[Relation]:
    rows = scale.of(learned)
    products = rows.T @ rows
    width = learned.shape[1]
    for place in range(width):
        others = np.delete(np.arange(rows.shape[1]), [1 + place, 1 + width + place])
        gram = products[np.ix_(others, others)] + _RIDGE * len(rows) * np.eye(len(others))
        weights = np.zeros(rows.shape[1])
        weights[others] = np.linalg.solve(gram, products[others, 1 + place])
        found = Relation(place, scale, weights, 0.0)
        off = found._off(learned)
        if np.sqrt(np.mean(off**2)) > _TOLD:
            continue
        found = Relation(place, scale, weights, 2 * float(np.quantile(off, _WITHIN)))
        usual = max(float(found.strange(part).mean()) for part in parts)
        if usual <= _MOST_BEYOND:
            yield Relation(place, scale, weights, found.tolerance, usual)
