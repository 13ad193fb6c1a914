"""Years in which nothing changes, watched as a champion is: how many alarms they come to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.drift.stable import WINDOW, YEAR, rolling
from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.calibration import LEAST_LIMIT, Calibration, alarms, calibrate
from tasks.monitoring.profile.distance import Reference, measure
from tasks.monitoring.profile.profile import Binning, Blocking, Blocks, Profile, learn_binning, take_profile
from tasks.monitoring.profile.usual import LEAST, Least, Strengths, strengths

ASKED = 2.0
LOW, HIGH = 0.6, 1.3
"""Times what was asked for: a rate between them is near enough, whatever its interval."""
_SAMPLE = 100_000
_NORMAL = 1.96


@dataclass(frozen=True)
class Trial:
    """What one reference came to."""

    rate: float
    """Alarms a year."""
    limit: float
    above: FloatArray
    """Checks above the limit by what was strongest, shape (shape, location, missing, unseen, volume)."""


@dataclass(frozen=True)
class Realised:
    """Alarms a year, over references."""

    name: str
    trials: Sequence[Trial]
    years: float

    @property
    def mean(self) -> float:
        return float(np.mean([trial.rate for trial in self.trials]))

    @property
    def error(self) -> float:
        """The standard error over references: years that share one are not independent."""
        return float(np.std([trial.rate for trial in self.trials], ddof=1) / np.sqrt(len(self.trials)))

    @property
    def right(self) -> bool:
        """Say whether the rate is the one asked for, or near enough."""
        near = LOW * ASKED <= self.mean <= HIGH * ASKED
        return near or self.small or abs(self.mean - ASKED) <= _NORMAL * self.error

    @property
    def small(self) -> bool:
        """Say whether there are fewer alarms than asked for because what chance does is too small to matter."""
        return self.mean < ASKED and all(trial.limit == LEAST_LIMIT for trial in self.trials)

    def __str__(self) -> str:
        return f"{self.mean:.2f} ± {self.error:.2f}"


def learned_of(rows: pa.Table) -> Binning:
    """Return the bins of ``rows``, learned from a sample as those of a champion are."""
    every = -(-rows.num_rows // _SAMPLE)
    return learn_binning(rows.take(pa.array(np.arange(0, rows.num_rows, every))), rows.column_names)[0]


def profile_of(rows: pa.Table, binning: Binning, day: Blocks) -> Profile:
    """Return the counts of each day."""
    batch = rows.combine_chunks().to_batches()[0]
    return take_profile([batch], binning, Blocking(int(day.max()) + 1, lambda _: day))


def trial(reference: Profile, later: Sequence[Profile], seed: int, *, least: Least = LEAST) -> Trial:
    """Return the alarms among ``later`` days at the limit that ``reference`` gives, with a check each day."""
    limits = calibrate(reference, window=WINDOW, checks_a_year=YEAR, alarms_a_year=ASKED, seed=seed, least=least)
    found = [check(reference, days, limits, least=least) for days in later]
    raised = sum(alarms((one.most > limits.limit)[None, :], WINDOW) for one in found)
    checks = sum(len(one.volume) for one in found)
    return Trial(
        raised * YEAR / checks, limits.limit, sum((_strongest(one, limits.limit) for one in found), np.zeros(5))
    )


def check(reference: Profile, days: Profile, limits: Calibration, *, least: Least = LEAST) -> Strengths:
    """Return how unusual each window of ``days`` is, as a check finds it."""
    base = Reference(reference.binning, reference.whole)
    rows = rolling(days.rows) / (reference.rows.mean() * WINDOW)
    return strengths(measure(rolling(days.counts), base), rows, limits.usual, least=least)


def _strongest(found: Strengths, limit: float) -> FloatArray:
    """Return how many checks are above ``limit`` because of each statistic, shape (5,)."""
    by = np.concatenate([found.columns.max(axis=2), found.volume[None, :]])
    return np.bincount(by.argmax(axis=0)[by.max(axis=0) > limit], minlength=5).astype(np.float64)
