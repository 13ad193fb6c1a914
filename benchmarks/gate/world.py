"""A simulated world in which the truth is known: labels with known chances, and models wrong in known ways.

A row's true log-odds are a signal that both models know, and the storm of its day that neither knows. What a model
says is the signal plus its own errors: one for each row, and where days matter one shift and one slope for each day,
so that the rows of a day share what is wrong with a model on that day. Two models that err equally are equally good,
whatever the metric, and still never predict the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement.significance import Pair
from tasks.metrics import find_metric

SIGNAL, STORM, SHIFT, SLOPE, BASE = 1.3, 0.5, 0.35, 0.35, -0.7
"""Standard deviations of the log-odds, and their mean: about a third of the rows are positive."""
NOISE = 0.9
"""The standard deviation of a usual model's error on a row."""
POINTS = 19
"""2^19 points for the true values: they are good to about 0.01 points of a metric."""


@dataclass(frozen=True)
class World:
    """How many rows, on how many days, and how wrong the two models are."""

    rows: int
    days: int
    """0: rows are independent."""
    challenger: float = NOISE
    champion: float = NOISE
    carry: float = 0
    """The correlation of what is wrong on a day with what was wrong the day before."""
    shared: float = 0
    """The share of its errors (of their variance) that a model has in common with the other one."""


def draw(world: World, generator: np.random.Generator) -> Pair:
    """Return labels, and what both models predict for them."""
    truth = Truth.draw(world, generator)
    challenger, champion = (
        truth.predictions(np.full(world.rows, noise), generator) for noise in (world.challenger, world.champion)
    )
    return Pair(truth.labels, challenger, champion, truth.blocks)


@dataclass(frozen=True)
class Daily:
    """What the rows of a day share."""

    days: int
    carry: float

    def draw(self, size: float, generator: np.random.Generator) -> FloatArray:
        """Return a number for each day, of standard deviation ``size``."""
        found = generator.normal(0, size, self.days)
        for day in range(1, self.days):
            found[day] = self.carry * found[day - 1] + np.sqrt(1 - self.carry**2) * found[day]
        return found


@dataclass(frozen=True)
class Truth:
    """The rows of a world. Shapes (rows,)."""

    signal: FloatArray
    feature: FloatArray
    """What a model misreads, more on some days than on others."""
    labels: FloatArray
    blocks: npt.NDArray[np.int64]
    daily: "Daily"
    shared: float
    common: "Errors"

    @classmethod
    def draw(cls, world: World, generator: np.random.Generator) -> "Truth":
        """Return rows in the order of their days; weekends have fewer."""
        rows, days, daily = world.rows, world.days, Daily(world.days, world.carry)
        signal, feature = generator.normal(BASE, SIGNAL, rows), generator.normal(size=rows)
        blocks, storm = np.arange(rows), np.zeros(rows)
        if days:
            weights = np.where(np.arange(days) % 7 < 5, 1.0, 0.6)
            blocks = np.sort(generator.choice(days, rows, p=weights / weights.sum()))
            storm = daily.draw(STORM, generator)[blocks]
        labels = (generator.random(rows) < _chance(signal + storm)).astype(np.float64)
        common = Errors.draw(rows, daily, generator)
        return cls(signal, feature, labels, blocks, daily, world.shared, common)

    def predictions(self, noise: FloatArray, generator: np.random.Generator) -> FloatArray:
        """Return a model's probabilities; ``noise`` is how wrong it is on each row."""
        errors = self.common.mixed(Errors.draw(len(noise), self.daily, generator), self.shared)
        said = self.signal + noise * errors.row
        if self.daily.days:
            said = said + errors.shift[self.blocks] + errors.slope[self.blocks] * self.feature
        return _chance(said)


@dataclass(frozen=True)
class Errors:
    """In what way a model is wrong: on single rows, shape (rows,), and on whole days, shapes (days,)."""

    row: FloatArray
    shift: FloatArray
    slope: FloatArray

    @classmethod
    def draw(cls, rows: int, daily: Daily, generator: np.random.Generator) -> "Errors":
        return cls(generator.normal(size=rows), daily.draw(SHIFT, generator), daily.draw(SLOPE, generator))

    def mixed(self, own: "Errors", share: float) -> "Errors":
        """Return errors as large as these, of which ``share`` of the variance is these and the rest is ``own``."""
        a, b = np.sqrt(share), np.sqrt(1 - share)
        pairs = ((self.row, own.row), (self.shift, own.shift), (self.slope, own.slope))
        return Errors(*(a * common + b * alone for common, alone in pairs))


def worse_by(metric: str, points: float, *, days: bool, than: float = NOISE) -> float:
    """Return how noisy a model is whose ``metric`` is worse by ``points`` hundredths than one as noisy as ``than``.

    Negative points: better.
    """
    from scipy.optimize import brentq

    gain = find_metric(metric).gain
    value = true_value(metric, than, days)
    return float(brentq(lambda noise: gain(value, true_value(metric, noise, days)) - points / 100, 0, 6, xtol=1e-5))


@cache
def true_value(metric: str, noise: float, days: bool) -> float:
    """Return a model's metric on endlessly many rows, and days.

    By quasi-random points (Sobol) that are weighted by their chance of being positive, so that no label is drawn.
    """
    signal, storm, own, shift, slope, feature = _points()
    chance = _chance(signal + STORM * days * storm)
    said = signal + noise * own + days * (SHIFT * shift + SLOPE * slope * feature)
    return _EXPECTED[metric](chance, said)


@cache
def _points() -> tuple[FloatArray, ...]:
    from scipy.special import ndtri
    from scipy.stats import qmc

    normal = ndtri(np.clip(qmc.Sobol(6, seed=1).random_base2(POINTS), 1e-9, 1 - 1e-9)).T
    return (BASE + SIGNAL * normal[0], *normal[1:])


def _auc(chance: FloatArray, said: FloatArray) -> float:
    ranked = chance[np.argsort(said)]
    below = np.cumsum(1 - ranked) - (1 - ranked)
    return float((ranked * below).sum() / (ranked.sum() * (1 - ranked).sum()))


def _accuracy(chance: FloatArray, said: FloatArray) -> float:
    return float(np.where(said > 0, chance, 1 - chance).mean())


def _log_loss(chance: FloatArray, said: FloatArray) -> float:
    return float((chance * np.logaddexp(0, -said) + (1 - chance) * np.logaddexp(0, said)).mean())


def _chance(log_odds: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


_EXPECTED: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "roc_auc": _auc,
    "accuracy": _accuracy,
    "log_loss": _log_loss,
}
