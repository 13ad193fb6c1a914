"""How good predictions were on some rows, and how far chance may have moved that."""

from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
import numpy.typing as npt

from tasks.data.distinct import distinct
from tasks.data.matrix import FloatArray
from tasks.judgement.resampling import Blocks, Resampled, bind, draw
from tasks.judgement.significance import ENOUGH_BLOCKS, FEWEST_BLOCKS, blocks_of, interval
from tasks.metrics import Metric

ALPHA = 0.05
"""Beyond each end of an interval: it is one of 90 %."""
_RESAMPLES, _RESAMPLES_OF_ROWS = 1000, 200
"""A resample of single rows weighs each of them: a thousand of those would take minutes where there are a million."""
_HOUR = 3_600_000_000
_UNITS = (24 * _HOUR, _HOUR)
"""What is taken as independent of each other: days, or hours where there are too few days."""


@dataclass(frozen=True)
class Sample:
    """Labels and predictions of some rows, and when they happened. Shapes (rows,); predictions also (rows, classes)."""

    labels: FloatArray
    predictions: FloatArray
    times: npt.NDArray[np.int64]
    """Event times, microseconds since 1970, UTC."""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Estimate:
    """A number with its 90 % interval; nan where it cannot be computed."""

    value: float
    low: float
    high: float
    error: float
    """The standard error,"""
    freedom: float
    """and the degrees of freedom that it was estimated with."""

    @property
    def known(self) -> bool:
        return all(isfinite(number) for number in (self.value, self.low, self.high))


def estimate(metric: Metric, sample: Sample, *, seed: int) -> Estimate:
    """Return the metric on ``sample``, over blocks of time: by a bootstrap, or a jackknife where blocks are few.

    The same rules hold as in a comparison of two models: see ``judgement/significance.py``.
    """
    value = metric.bind(sample.labels, sample.predictions)(None)
    blocks = _blocks(sample.times)
    if blocks.count < 2:
        return Estimate(value, nan, nan, nan, nan)
    resampled = bind(metric, sample.labels, sample.predictions, blocks)
    if FEWEST_BLOCKS <= blocks.count < ENOUGH_BLOCKS:
        return _around(value, _jackknife(resampled, blocks.count), blocks.count - 1)
    rounds = _RESAMPLES if blocks.count < len(sample) else _RESAMPLES_OF_ROWS
    values = np.concatenate([resampled(counts) for counts in draw(blocks.count, rounds, seed)])
    kept = values[~np.isnan(values)]
    low, high = interval(kept, blocks.count, ALPHA)
    error = float(kept.std()) * sqrt(blocks.count / (blocks.count - 1)) if len(kept) else nan
    return Estimate(value, low, high, error, blocks.count - 1)


def loss(metric: Metric, promised: Estimate, realised: Estimate) -> Estimate:
    """Return by how much ``realised`` is worse: above 0 is worse, whatever the metric's direction.

    The two are of different rows, so their errors add up: Welch 1947, "The generalization of Student's problem when
    several different population variances are involved", Biometrika 34.
    """
    parts = [(one.error**2, one.freedom) for one in (promised, realised)]
    squared = sum(square for square, _ in parts)
    below = sum(square**2 / freedom for square, freedom in parts)
    freedom = squared**2 / below if below > 0 else min(freedom for _, freedom in parts)
    return _around(metric.gain(promised.value, realised.value), sqrt(squared), freedom)


def _blocks(times: npt.NDArray[np.int64]) -> Blocks:
    for unit in _UNITS:
        if len(distinct(times // unit)) >= FEWEST_BLOCKS:
            return blocks_of(times // unit)
    return blocks_of(np.arange(len(times)))


def _jackknife(resampled: Resampled, blocks: int) -> float:
    """Return the standard error from the values without each of the blocks (Efron and Stein 1981)."""
    values = resampled(1 - np.eye(blocks))
    around = values - values.mean()
    return sqrt((blocks - 1) / blocks * float(around @ around))


def _around(value: float, error: float, freedom: float) -> Estimate:
    from scipy.special import stdtrit

    reach = float(stdtrit(freedom, 1 - ALPHA)) * error
    return Estimate(value, value - reach, value + reach, error, freedom)
