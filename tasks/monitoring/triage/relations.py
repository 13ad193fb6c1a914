"""What the other numbers of a row say of one of them, learned on rows that were fine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray

_TOLD = 0.5
"""Of a column's spread, what the others leave unexplained at most: else they say nothing of single rows."""
_WITHIN = 0.97
_SLACK = 3.0
"""So many rows that were fine are within a third of the tolerance: the next season is not quite like those seen;"""
_MOST_BEYOND = 0.25
"""and in no window so many are beyond it: a relation of one season only is none."""
_RIDGE = 1e-4
_FAR = 3.0
"""Spreads: beyond, a square would outweigh all else."""


@dataclass(frozen=True)
class Rows:
    """A table's rows on common scales."""

    values: FloatArray
    """A 1, all columns, and their squares; what is missing lies in the middle. Shape (rows, 1 + 2 × columns)."""
    missing: npt.NDArray[np.bool_]
    """Shape (rows, columns)."""


@dataclass(frozen=True)
class Scale:
    """Where the columns lie and how far they spread, shapes (columns,)."""

    centre: FloatArray
    spread: FloatArray

    def of(self, table: FloatArray) -> Rows:
        """Return the rows of ``table``, shape (rows, columns), on these scales."""
        found = np.nan_to_num((table - self.centre) / self.spread)
        squares = found.clip(-_FAR, _FAR) ** 2
        return Rows(np.column_stack([np.ones(len(found)), found, squares]), np.isnan(table))


@dataclass(frozen=True)
class Relation:
    """One number as the others foretell it."""

    place: int
    """Of its column in the table."""
    scale: Scale
    weights: FloatArray
    tolerance: float
    """In spreads of the column: rows that are fine are as near to what is foretold."""
    usual: float = 0.0
    """The largest share of strange rows in any window that was fine."""

    def strange(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Say of each row whether the number is not what the others say; where none is, no. Shape (rows,)."""
        return self.off(rows) > self.tolerance

    def off(self, rows: Rows) -> FloatArray:
        """Return how far the number is from what the others say, in spreads; 0 where it is missing. Shape (rows,)."""
        found = np.abs(rows.values[:, 1 + self.place] - rows.values @ self.weights)
        return np.where(rows.missing[:, self.place], 0.0, found)


def relations(parts: Sequence[FloatArray]) -> tuple[Relation, ...]:
    """Return the relations that hold in each of ``parts``, tables of the same columns, of which the first two are all.

    Least squares with a small ridge, on all other columns and their squares.
    """
    scale = _scale(np.concatenate(parts[:2]))
    return tuple(_holding(scale, [scale.of(part) for part in parts]))


def _scale(table: FloatArray) -> Scale:
    known = ~np.isnan(table)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.nansum(table, axis=0) / count
    spread = np.sqrt(np.nansum((table - centre) ** 2, axis=0) / count)
    return Scale(centre, np.maximum(spread, 1e-12))


def _holding(scale: Scale, parts: Sequence[Rows]) -> Iterator[Relation]:
    values = np.concatenate([part.values for part in parts[:2]])
    missing = np.concatenate([part.missing for part in parts[:2]])
    learned, products, width = Rows(values, missing), values.T @ values, missing.shape[1]
    for place in range(width):
        others = np.delete(np.arange(len(products)), [1 + place, 1 + width + place])
        gram = products[np.ix_(others, others)] + _RIDGE * len(values) * np.eye(len(others))
        weights = np.zeros(len(products))
        weights[others] = np.linalg.solve(gram, products[others, 1 + place])
        off = Relation(place, scale, weights, 0.0).off(learned)
        found = Relation(place, scale, weights, _SLACK * float(np.quantile(off, _WITHIN)))
        usual = max(float(found.strange(part).mean()) for part in parts)
        if np.sqrt(np.mean(off**2)) <= _TOLD and usual <= _MOST_BEYOND:
            yield replace(found, usual=usual)
