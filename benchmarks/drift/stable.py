"""Worlds in which nothing changes: days of rows that come from the same source for ever."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.bins import QUANTILES, Bins, Ranges, Words
from tasks.monitoring.profile.profile import Binning, Blocks, Counts, Profile

WINDOW, YEAR = 7, 365
"""Days; there is one check a day."""
_NEVER = 1e-12


@dataclass(frozen=True)
class Kind:
    """What a column holds: a normal score, known by the part of it that it falls into, unless it is missing."""

    shares: tuple[float, ...]
    """Of each part, from the lowest scores to the highest."""
    holds: Literal["number", "count", "word"] = "number"
    missing: float = 0.0

    @property
    def bins(self) -> Bins:
        """Bins that are the parts; of words, the last is for those that are known but rare."""
        if self.holds == "word":
            return Words(tuple(_words(len(self.shares) - 1)))
        return Ranges(np.arange(len(self.shares) - 1, dtype=np.float64))

    @property
    def cuts(self) -> FloatArray:
        """The scores between the parts."""
        from scipy.special import ndtri

        return np.asarray(ndtri(np.clip(np.cumsum(self.shares)[:-1], _NEVER, 1 - _NEVER)))


def words(count: int, *, missing: float = 0.0) -> Kind:
    """Return words of which the n-th is an n-th as frequent as the first."""
    weights = 1 / np.arange(1, count + 1)
    return Kind((*(weights / weights.sum()).tolist(), 0.0), "word", missing)


NUMBER = Kind(tuple(np.diff([0, *QUANTILES, 1]).tolist()))
KINDS = (
    NUMBER,
    Kind(NUMBER.shares, missing=0.1),
    Kind((0.45, 0.3, 0.15, 0.07, 0.02, 0.01), "count"),
    Kind((0.35, 0.25, 0.2, 0.12, 0.05, 0.03, 0.0), "word"),
    words(20, missing=0.02),
)
"""Columns take turns: a number, one with missing values, one of few values, few words, and twenty, some rare."""


@dataclass(frozen=True)
class World:
    """A source of rows."""

    columns: int
    rows: int
    """Of a window."""
    kinds: tuple[Kind, ...] = KINDS
    wander: float = 0.0
    """Spread of a day's mean, in standard deviations of the column, each column for itself."""
    carry: float = 0.0
    """Correlation of a day's mean with that of the day before."""
    weekend: float = 0.0
    """By how much the mean of Saturdays and Sundays differs, in standard deviations."""
    shared: float = 0.0
    """Correlation of the columns within a row."""

    @property
    def every(self) -> list[Kind]:
        """The kind of each column."""
        return [self.kinds[column % len(self.kinds)] for column in range(self.columns)]

    def levels(self, days: int, random: np.random.Generator) -> FloatArray:
        """Return the mean of each day, shape (days, columns): an autoregression, and what a weekend adds."""
        level = random.normal(size=(days, self.columns))
        for day in range(1, days):
            level[day] = self.carry * level[day - 1] + np.sqrt(1 - self.carry**2) * level[day]
        return self.wander * level + self.weekend * (np.arange(days) % 7 >= 5)[:, None]

    def rows_of(self, days: int, random: np.random.Generator) -> Counts:
        """Return how many rows each day has, shape (days,)."""
        return random.poisson(self.rows / WINDOW, size=days)


def count(world: World, levels: FloatArray, random: np.random.Generator) -> Profile:
    """Return days of these means: counts of independent columns come straight from multinomials, without a row."""
    rows = world.rows_of(len(levels), random)
    kinds = world.every
    counts = [random.multinomial(rows, shares(kind, levels[:, place])) for place, kind in enumerate(kinds)]
    binning = Binning({f"c{place}": kind.bins for place, kind in enumerate(kinds)})
    return Profile(binning, np.concatenate(counts, axis=1), rows)


def shares(kind: Kind, level: FloatArray) -> FloatArray:
    """Return the share of each bin on days of these means, shape (days, bins); the last are unseen and missing."""
    from scipy.special import ndtr

    below = ndtr(kind.cuts - level[:, None])
    filled = np.diff(below, axis=1, prepend=0.0, append=1.0) * (1 - kind.missing)
    return np.concatenate([filled, np.broadcast_to([0.0, kind.missing], (len(level), 2))], axis=1)


def table(world: World, levels: FloatArray, random: np.random.Generator) -> tuple[pa.Table, Blocks]:
    """Return the rows of days of these means, and the day of each."""
    day = np.repeat(np.arange(len(levels)), world.rows_of(len(levels), random))
    common = np.sqrt(world.shared) * random.normal(size=len(day))
    columns = {}
    for place, kind in enumerate(world.every):
        own = np.sqrt(1 - world.shared) * random.normal(size=len(day))
        away = random.random(len(day)) < kind.missing
        columns[f"c{place}"] = _column(kind, common + own + levels[day, place], away)
    return pa.table(columns), day


def _column(kind: Kind, scores: FloatArray, away: np.typing.NDArray[np.bool_]) -> pa.Array:
    if kind.holds == "number":
        return pa.array(scores, mask=away)
    places = np.searchsorted(kind.cuts, scores)
    if kind.holds == "count":
        return pa.array(places, mask=away)
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=away), pa.array(_words(len(kind.shares))))


def _words(many: int) -> list[str]:
    return [f"w{place}" for place in range(many)]


def rolling(days: Counts) -> FloatArray:
    """Return the sum over each window of ``days``, shape (days - WINDOW + 1, …)."""
    up_to = np.concatenate([np.zeros((1, *days.shape[1:])), np.cumsum(days, axis=0, dtype=np.float64)])
    return np.asarray(up_to[WINDOW:] - up_to[:-WINDOW])
