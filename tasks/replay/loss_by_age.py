"""Does the model age: what does a day more since its training cost, on the same rows?

Two champions that served the same step differ in age, and in nothing else that the step does to both: a hard week is
hard for either. So losses are compared within steps only, as in a regression with an effect for each step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite, nan

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.replay.accounts import Account

_RESAMPLES = 1000
_LEVEL = 0.9
_FEWEST_STEPS = 6
"""Steps with champions of different age below which nothing is said."""
_BUCKETS = 6
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class AgeBucket:
    """Champions of about one age."""

    days: float
    """Their mean age."""
    excess: float
    """By how much they lost more than the youngest of the same step, on average."""
    steps: int


@dataclass(frozen=True)
class LossByAge:
    """How a loss grows with a champion's age."""

    per_day: float
    """What it grows by in a day; nan: no two champions of different age have served the same step often enough."""
    low: float
    high: float
    """The 90 % interval of ``per_day``, by a bootstrap over runs of steps."""
    half_life_days: float | None
    """After so long half of what the model gained over a constant answer is lost; None: no evidence of ageing."""
    half_life_low: float | None
    half_life_high: float | None
    """None: perhaps never."""
    buckets: tuple[AgeBucket, ...]

    @property
    def shown(self) -> bool:
        """Whether the loss is shown to grow with age."""
        return isfinite(self.low) and self.low > 0


@dataclass(frozen=True)
class _Points:
    """A champion in a step: each once, whichever policies had it. Shapes (points,)."""

    steps: npt.NDArray[np.intp]
    ages: FloatArray
    """Days, at the middle of the step."""
    losses: FloatArray


def loss_by_age(accounts: Sequence[Account], *, gained: float, seed: int) -> LossByAge:
    """Return how losses grow with age; ``gained`` is by how much the youngest are better than a constant answer."""
    points = _contrasts(_points(accounts))
    steps = np.unique(points.steps)
    if len(steps) < _FEWEST_STEPS:
        return LossByAge(nan, nan, nan, None, None, None, ())
    slope = _slope(points)
    low, high = _interval(points, steps, seed)
    shown = low > 0 and gained > 0
    return LossByAge(
        per_day=slope,
        low=low,
        high=high,
        half_life_days=_half_life(gained, slope) if shown else None,
        half_life_low=_half_life(gained, high) if shown else None,
        half_life_high=_half_life(gained, low) if shown else None,
        buckets=_buckets(points),
    )


def _half_life(gained: float, per_day: float) -> float:
    return gained / 2 / per_day


def _points(accounts: Sequence[Account]) -> _Points:
    found: dict[tuple[int, datetime], tuple[float, float]] = {}
    for account in accounts:
        for number, (step, loss) in enumerate(zip(account.walk.steps, account.by_step, strict=True)):
            length = step.at - (account.walk.steps[number - 1].at if number else step.champion)
            if isfinite(loss):
                found[number, step.champion] = ((step.at - step.champion - length / 2) / _DAY, loss)
    return _Points(
        steps=np.array([number for number, _ in found], dtype=np.intp),
        ages=np.array([age for age, _ in found.values()]),
        losses=np.array([loss for _, loss in found.values()]),
    )


def _contrasts(points: _Points) -> _Points:
    """Return those of steps that had champions of different age."""
    steps, counts = np.unique(points.steps, return_counts=True)
    several = np.isin(points.steps, steps[counts > 1])
    return _Points(points.steps[several], points.ages[several], points.losses[several])


def _sums(points: _Points) -> tuple[FloatArray, FloatArray]:
    """Return for each step the products of what is left when the step's own mean is taken off."""
    _, codes = np.unique(points.steps, return_inverse=True)
    counts = np.bincount(codes)
    age = points.ages - (np.bincount(codes, points.ages) / counts)[codes]
    loss = points.losses - (np.bincount(codes, points.losses) / counts)[codes]
    return np.asarray(np.bincount(codes, age * loss)), np.asarray(np.bincount(codes, age * age))


def _slope(points: _Points) -> float:
    both, squares = _sums(points)
    return float(both.sum() / squares.sum())


def _interval(points: _Points, steps: npt.NDArray[np.intp], seed: int) -> tuple[float, float]:
    """Return the interval of the slope: whole runs of steps are drawn, since neighbours have the same champions.

    A circular block bootstrap, with runs as long as the cube root of the number of steps (Politis and Romano 1992).
    """
    both, squares = _sums(points)
    count = len(steps)
    length = max(round(count ** (1 / 3)), 1)
    draw = np.random.default_rng(seed)
    starts = draw.integers(0, count, (_RESAMPLES, -(-count // length)))
    taken = ((starts[:, :, None] + np.arange(length)) % count).reshape(_RESAMPLES, -1)[:, :count]
    slopes = both[taken].sum(axis=1) / squares[taken].sum(axis=1)
    low, high = np.quantile(slopes, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def _buckets(points: _Points) -> tuple[AgeBucket, ...]:
    """Return the mean excess over the youngest champion of the same step, by age."""
    excess = np.empty_like(points.losses)
    youngest = np.zeros(len(points.losses), dtype=bool)
    for step in np.unique(points.steps):
        own = np.flatnonzero(points.steps == step)
        young = own[points.ages[own].argmin()]
        excess[own] = points.losses[own] - points.losses[young]
        youngest[young] = True
    ages, excess = points.ages[~youngest], excess[~youngest]
    order = np.argsort(ages, kind="stable")
    parts = np.array_split(order, min(_BUCKETS, len(order)))
    return tuple(AgeBucket(float(ages[p].mean()), float(excess[p].mean()), len(p)) for p in parts if len(p))
