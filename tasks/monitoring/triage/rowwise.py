"""Whether two columns changed places, row by row: where their distributions overlap, single rows still tell.

Two kinds of rows do. One number is always the larger (a temperature and its dew point), and now it is the smaller by
as much. Or a number takes a few values only, and now it takes others, which the other column takes, which in those
rows has one of the few.
"""

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.monitoring.triage.frozen import frozen_at
from tasks.monitoring.triage.grid import Grid
from tasks.monitoring.triage.sample import Sample, distance
from tasks.monitoring.triage.view import Column

_HARDLY_EVER = 0.003
"""Of the rows of any window that was fine, at most so many have the larger number on the other side."""
_REVERSED = 0.08
"""So many more rows than ever have it on the other side."""
_AS_FAR = 0.3
"""The distance between the distributions of the differences then and now; in another unit it is far larger."""
_STRANGE = 0.05
"""So many more rows than usual have a value never seen."""
_FEW = 30
"""A number with more values takes a new one now and then: a degree between two others, in a warmer week."""
_EXCHANGED = 0.95
"""Of these, so many have a value of each column in the other."""
_SELDOM = 0.6
"""Of rows that are fine, at most so many look exchanged: else it is no sign."""


def by_rows(one: Column, other: Column) -> float:
    """Return the share of swapped rows by what single rows say; 0: they say nothing of a swap."""
    return _by_order(one, other) or _by_values(one, other) or _by_values(other, one)


def _by_order(one: Column, other: Column) -> float:
    if one.is_text or other.is_text:
        return 0.0
    usual, difference = _difference(one.norm, other.norm), _difference(one.current, other.current)
    sign = 1.0 if np.sum(usual > 0) > np.sum(usual < 0) else -1.0
    now = _reversed(one.current, other.current, sign)
    if now < _REVERSED:
        return 0.0
    before = max(_reversed(mine, its, sign) for mine, its in zip(one.fine, other.fine, strict=True))
    if before > _HARDLY_EVER or frozen_at(one) is not None or frozen_at(other) is not None:
        return 0.0
    turned = Sample(-sign * difference[difference * sign < 0], one.current.times)
    # A season may bring numbers past each other, by a little; swapped, they are as far apart as ever.
    return now if distance(turned, Sample(sign * usual, one.norm.times), words=False) < _AS_FAR else 0.0


def _reversed(one: Sample, other: Sample, sign: float) -> float:
    return float(np.mean(_difference(one, other) * sign < 0))  # a missing number is on neither side


def _difference(one: Sample, other: Sample) -> FloatArray:
    return one.values - other.values


def _by_values(few: Column, other: Column) -> float:
    if few.is_text or other.is_text:
        return 0.0
    seen, its = few.grid, other.grid
    if seen is None or its is None or len(seen.known) > _FEW:
        return 0.0
    now = ~np.isnan(few.current.values) & ~np.isnan(other.current.values)
    strange = now & ~seen.has(few.current.values)
    share = float(strange.sum() / max(now.sum(), 1))
    if share < seen.strange + _STRANGE or _exchanged(few.norm, other.norm, (seen, its)) > _SELDOM:
        return 0.0
    rows = Sample(few.current.values[strange], few.current.times[strange])
    there = Sample(other.current.values[strange], other.current.times[strange])
    return share if _exchanged(rows, there, (seen, its)) >= _EXCHANGED else 0.0


def _exchanged(few: Sample, other: Sample, seen: tuple[Grid, Grid]) -> float:
    """Return the share of rows in which each of two columns has a value that the other takes."""
    return float((seen[1].has(few.values) & seen[0].has(other.values)).mean())
