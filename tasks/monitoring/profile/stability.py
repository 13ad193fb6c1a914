"""What windows look like when nothing has changed: histories made anew from blocks of a real one."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.distance import Distances, Reference, measure
from tasks.monitoring.profile.profile import Profile

Places = npt.NDArray[np.intp]
_SURE = 0.001
"""Chance that a column without memory is taken for one that has some, over all columns."""
_LONGEST = 4
"""Runs are at most this part of a history: from one that is cut into fewer no other history can be made."""


@dataclass(frozen=True)
class Plan:
    """How checks follow one another, in blocks."""

    window: int
    """Blocks of a window."""
    step: int
    """Blocks between two checks."""
    checks: int
    """Checks in a history."""
    histories: int

    @property
    def length(self) -> int:
        """Blocks of a history after its reference."""
        return self.window + self.step * (self.checks - 1)


@dataclass(frozen=True)
class Stable:
    """The checks of one history in which nothing changed."""

    distances: Distances
    rows: FloatArray
    """Of each window over what the reference lets expect, shape (checks,)."""


def memory(profile: Profile) -> int:
    """Return for how many blocks a block is like the one before: runs of that length keep what is related together.

    The last lag at which some column's mean or rate of missing values is correlated with itself, twice (Politis and
    White 2004, with Bonferroni's bound over columns); 1 when there is none.
    """
    series = _series(profile)
    blocks = len(series)
    if blocks < 2 * _LONGEST or series.shape[1] == 0:
        return 1
    bound = NormalDist().inv_cdf(1 - _SURE / (2 * series.shape[1])) / np.sqrt(blocks)
    longest = blocks // _LONGEST
    related = [lag for lag in range(1, longest + 1) if _strongest(series, lag) > bound]
    return min(2 * _unbroken(related), longest) if related else 1


def stable_histories(profile: Profile, plan: Plan, *, run: int, seed: int) -> Iterator[Stable]:
    """Yield histories made from the blocks of ``profile`` in runs of ``run``: a reference, and what is checked then.

    The reference is drawn with replacement, as the real one is only one of those that could have been (moving block
    bootstrap, Künsch 1989). What is checked is shuffled: a window in which one day stands twice is more extreme than
    any real one.
    """
    random = np.random.default_rng(seed)
    blocks = len(profile.counts)
    for _ in range(plan.histories):
        past = profile.only(_drawn(random, blocks, blocks, run))
        future = profile.only(_shuffled(random, blocks, plan.length, run)).windows(plan.window, step=plan.step)
        expected = max(float(past.rows.mean()) * plan.window, 1.0)
        distances = measure(future.counts, Reference(profile.binning, past.whole))
        yield Stable(distances, future.rows / expected)


def _drawn(random: np.random.Generator, blocks: int, length: int, run: int) -> Places:
    """Return the places of ``length`` blocks, in runs of neighbours that begin anywhere."""
    begins = random.integers(0, blocks - run + 1, size=-(-length // run))
    return np.asarray((begins[:, None] + np.arange(run)).ravel()[:length], dtype=np.intp)


def _shuffled(random: np.random.Generator, blocks: int, length: int, run: int) -> Places:
    """Return the places of ``length`` blocks, each of all once before any comes again, in shuffled runs."""
    places: list[Places] = []
    while sum(map(len, places)) < length:
        cuts = np.arange(random.integers(1, run + 1), blocks, run)
        runs = np.split(np.arange(blocks), cuts)
        places += [runs[place] for place in random.permutation(len(runs))]
    return np.concatenate(places)[:length]


def _series(profile: Profile) -> FloatArray:
    """Return of each block each column's mean (words: the share of the first) and missing rate, spread 1."""
    reference, counts = Reference(profile.binning, profile.whole), profile.counts.astype(np.float64)
    present, rows = np.maximum(reference.sums(counts * reference.filled), 1), np.maximum(reference.sums(counts), 1)
    means = reference.sums(counts * reference.scores) / present
    first = counts[:, profile.binning.starts] / present
    missing = counts[:, profile.binning.missing] / rows
    series = np.concatenate([np.where(profile.binning.numeric, means, first), missing], axis=1)
    spread = series.std(axis=0)
    varies = spread > 1e-12
    return np.asarray((series[:, varies] - series[:, varies].mean(axis=0)) / spread[varies])


def _strongest(series: FloatArray, lag: int) -> float:
    """Return the strongest correlation of a column with itself ``lag`` blocks before."""
    return float(np.abs((series[lag:] * series[:-lag]).sum(axis=0) / len(series)).max())


def _unbroken(related: list[int]) -> int:
    """Return the last of the lags that follow one another with a gap of at most two."""
    last = 0
    for lag in related:
        if lag - last > 3:
            break
        last = lag
    return max(last, 1)
