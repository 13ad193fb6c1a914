"""A column in another unit: a known map, undone, makes the values look as they did.

Two kinds of evidence. *Values*: what feeds deliver mostly stands on a grid (whole euros, tenths of a degree), and a
converted value stands beside it; undone, it is one of those that were seen before. That tells even a small change of
scale from a change of weather. *Shape*: where values hardly recur, a mixture of right and converted values must
explain the whole distribution, which must have changed by more than it ever did.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.grid import Grid
from tasks.monitoring.triage.maps import MAPS, UnitMap
from tasks.monitoring.triage.sample import below, largest_gap
from tasks.monitoring.triage.view import Column, View
from tasks.monitoring.triage.wording import join, percent

_SHARES = np.linspace(0.1, 1, 19)
"""How many of the rows may be converted."""
_STRANGE = 0.05
"""So many more of the values must be unknown than usual: chance and new records make for one or two in a hundred."""
_EXPLAINED = 0.85
"""So many of the unknown values must be known once the map is undone."""
_CHANGED = 0.12
"""Shape: the least change worth an explanation, as a difference of cumulative shares."""
_LEFT = 0.25
"""Shape: the mixture may leave so much of the change unexplained, and no more than windows differ by usually.

A heavier upper tail looks like a larger unit, but for what it leaves.
"""
_ALWAYS_LEFT = 0.035
"""Shape: windows of whatever size lie so far apart,"""
_BY_CHANCE = 1.36
"""and samples of few rows this over the root of their number (Kolmogorov and Smirnov, 5 %)."""
_RESTLESS = 0.6
"""Shape: a column that changes so much from one window to the next by itself will look converted at some time."""
_CALM = 0.25
"""Shape: a mixture, which has one more degree of freedom, is believed of a column that changes less than that."""
_ALL = 0.9
_SEPARATE = 0.9
"""Shape: right and converted values must lie so far apart; a distribution that only widened is no mixture."""
_MISFIT = 0.5
"""Values: undone, they may lie so far from the norm: half of the rows of a day may be converted, and days differ."""
_MOST_PLACES = 2000


@dataclass(frozen=True)
class _Fit:
    by: UnitMap
    share: float
    left: float
    """What is not explained, 0 to 1."""


def unit_change(view: View) -> Iterator[Finding]:
    """Yield the columns that a known map has changed, in all rows or in some."""
    for column in view.columns:
        if column.is_text or len(column.current.present) == 0 or len(column.norm.present) == 0:
            continue
        seen = column.grid
        if fit := (seen and _by_values(column, seen)) or _by_shape(column, seen):
            yield _finding(column, fit)


def _finding(column: Column, fit: _Fit) -> Finding:
    how_many = "" if fit.share > _ALL else f" in about {percent(fit.share)} of the rows"
    sentence = (
        f"fix the data: {join([column.name])} looks {fit.by.sentence}{how_many}: undone, its quantiles are those of "
        f"{column.norm_in_words}"
    )
    return Finding("unit_change", "fix_the_data", (column.name,), fit.share, 1 - fit.left, sentence)


def _by_values(column: Column, seen: Grid) -> _Fit | None:
    values = column.current.present
    strange = values[~seen.has(values)]
    share = len(strange) / len(values)
    if share < seen.strange + _STRANGE:
        return None
    fits = [_Fit(by, share, _unexplained(seen, by.undo(strange))) for by in MAPS]
    good = [fit for fit in fits if 1 - fit.left >= _EXPLAINED]
    near = [fit for fit in good if _misfit(column, fit, strange) <= max(_MISFIT, column.usual)]
    return min(near, key=lambda fit: fit.left + _misfit(column, fit, strange), default=None)


def _unexplained(seen: Grid, undone: FloatArray) -> float:
    """Return the share of undone values that were never seen; 1 if most are too large or too small to say."""
    tellable = seen.within(undone)
    return 1 - seen.share(tellable) if len(tellable) >= len(undone) / 2 else 1.0


def _misfit(column: Column, fit: _Fit, strange: FloatArray) -> float:
    """Return how far the undone values are from the norm: many a map turns whole numbers into known ones."""
    return largest_gap(np.sort(fit.by.undo(strange)), column.norm.present)


def _by_shape(column: Column, seen: Grid | None) -> _Fit | None:
    if column.change < _CHANGED or not column.moved or column.usual > _RESTLESS:
        return None
    fits = [_fitted(column, by) for by in MAPS if seen is None or _stays_on(seen, by, column)]
    best = min(fits, key=lambda fit: fit.left, default=None)
    if best is None or best.left > max(min(_LEFT * column.change, column.usual), _always_left(column)):
        return None
    norm = column.norm.present
    apart = largest_gap(np.sort(best.by.apply(norm)), norm)
    return best if best.share > _ALL or (apart >= _SEPARATE and column.usual <= _CALM) else None


def _always_left(column: Column) -> float:
    rows = len(column.current.present), len(column.norm.present)
    return max(_ALWAYS_LEFT, _BY_CHANCE * sqrt(1 / rows[0] + 1 / rows[1]))


def _stays_on(seen: Grid, by: UnitMap, column: Column) -> bool:
    """Say whether converted values are known ones for the most part; else their absence says that none is converted."""
    return seen.share(by.apply(column.norm.present)) > 0.5


def _fitted(column: Column, by: UnitMap) -> _Fit:
    """Return the share of converted rows that explains the current window best."""
    now, norm = _thin(column.current.present), _thin(column.norm.present)
    converted = np.sort(by.apply(norm))
    places = np.concatenate([now, norm, converted])
    found, right, other = below(now, places), below(norm, places), below(converted, places)
    left = np.abs(right + _SHARES[:, None] * (other - right) - found).max(axis=1)
    best = int(left.argmin())
    return _Fit(by, float(_SHARES[best]), float(left[best]))


def _thin(values: FloatArray) -> FloatArray:
    return values[np.linspace(0, len(values) - 1, min(len(values), _MOST_PLACES)).astype(np.int64)]
