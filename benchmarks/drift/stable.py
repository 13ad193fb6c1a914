"""Worlds in which nothing changes: days of rows that come from the same source for ever, as counts by bin."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.bins import QUANTILES, Bins, Ranges, Words
from tasks.monitoring.profile.profile import Binning, Counts, Profile

WINDOW = 7
"""Days of a window; there is one check a day."""
YEAR = 365
_CLIP = 1e-12


@dataclass(frozen=True)
class Kind:
    """What a column holds: a normal score that falls into bins of these shares, unless it is missing."""

    shares: tuple[float, ...]
    numeric: bool = True
    missing: float = 0.0

    @property
    def bins(self) -> Bins:
        if self.numeric:
            return Ranges(np.arange(len(self.shares) - 1, dtype=np.float64))
        return Words(tuple(f"w{place}" for place in range(len(self.shares) - 1)))


def _tail(words: int) -> tuple[float, ...]:
    weights = 1 / np.arange(1, words + 1)
    return (*(weights / weights.sum()).tolist(), 0.0)


_QUANTILE_BINS = tuple(np.diff([0, *QUANTILES, 1]).tolist())
KINDS = (
    Kind(_QUANTILE_BINS),
    Kind(_QUANTILE_BINS, missing=0.1),
    Kind((0.45, 0.3, 0.15, 0.07, 0.02, 0.01)),
    Kind((0.35, 0.25, 0.2, 0.12, 0.05, 0.03, 0.0), numeric=False),
    Kind(_tail(20), numeric=False, missing=0.02),
)
"""Every fifth column: a number, one with missing values, one of few values, few words, and twenty with a tail."""


@dataclass(frozen=True)
class World:
    """A source of rows."""

    columns: int
    rows: int
    """Of a window."""
    wander: float = 0.0
    """Spread of a day's mean, in standard deviations of a column, each column for itself."""
    carry: float = 0.0
    """Correlation of a day's mean with that of the day before."""
    week: float = 0.0
    """By how much weekends differ, in standard deviations."""
    shared: float = 0.0
    """Correlation of the columns within a row."""

    @property
    def kinds(self) -> list[Kind]:
        return [KINDS[column % len(KINDS)] for column in range(self.columns)]

    @property
    def binning(self) -> Binning:
        return Binning({f"c{column}": kind.bins for column, kind in enumerate(self.kinds)})


def draw(world: World, days: int, random: np.random.Generator) -> Profile:
    """Return ``days`` of a world; independent columns straight from multinomials, without a row."""
    rows = random.poisson(world.rows / WINDOW, size=days)
    level = _levels(world, days, random)
    count = _by_rows if world.shared else _by_shares
    return Profile(world.binning, count(world, rows, level, random), rows)


def _levels(world: World, days: int, random: np.random.Generator) -> FloatArray:
    """Return the mean of each day, shape (days, columns): an autoregression, and what a weekend adds."""
    level = np.zeros((days, world.columns))
    if world.wander:
        level[0] = random.normal(size=world.columns)
        fresh = np.sqrt(1 - world.carry**2) * random.normal(size=level.shape)
        for day in range(1, days):
            level[day] = world.carry * level[day - 1] + fresh[day]
    weekend = np.arange(days) % 7 >= 5
    return world.wander * level + world.week * weekend[:, None]


def _by_shares(world: World, rows: Counts, level: FloatArray, random: np.random.Generator) -> Counts:
    still = not (world.wander or world.week)
    counts = [
        random.multinomial(rows, day_shares(kind, level[:1, column] if still else level[:, column]))
        for column, kind in enumerate(world.kinds)
    ]
    return np.concatenate(counts, axis=1)


def day_shares(kind: Kind, level: FloatArray) -> FloatArray:
    """Return the share of each bin on days of these means, shape (days, bins); the last two: unseen and missing."""
    from scipy.special import ndtr

    below = ndtr(cuts(kind)[None, :] - level[:, None])
    filled = np.diff(below, axis=1, prepend=0.0, append=1.0) * (1 - kind.missing)
    rest = np.broadcast_to([0.0, kind.missing], (len(level), 2))
    return np.concatenate([filled, rest], axis=1)


def cuts(kind: Kind) -> FloatArray:
    """Return the normal scores between the bins of a column."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(np.cumsum(kind.shares)[:-1], _CLIP, 1 - _CLIP)))


def _by_rows(world: World, rows: Counts, level: FloatArray, random: np.random.Generator) -> Counts:
    day = np.repeat(np.arange(len(rows)), rows)
    common = np.sqrt(world.shared) * random.standard_normal(len(day), dtype=np.float32)
    counts = []
    for column, kind in enumerate(world.kinds):
        own = np.sqrt(1 - world.shared) * random.standard_normal(len(day), dtype=np.float32)
        counts.append(_count(kind, common + own + level[day, column], day, random))
    return np.concatenate(counts, axis=1)


def _count(kind: Kind, scores: FloatArray, day: npt.NDArray[np.int64], random: np.random.Generator) -> Counts:
    size = len(kind.shares) + 2
    places = np.searchsorted(cuts(kind), scores)
    places[random.random(len(places), dtype=np.float32) < kind.missing] = size - 1
    days = int(day.max()) + 1
    return np.bincount(day * size + places, minlength=days * size).reshape(days, size)
