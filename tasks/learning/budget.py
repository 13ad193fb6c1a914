"""What a search for better parameters may take, and when it has gone on long enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from tasks.errors import SettingsError
from tasks.learning.studies import Trial
from tasks.spec import ModelSpec, TuningSpec

NOISE = 0.003
"""Share of the loss that counts as no gain: what another seed of the same parameters changes (docs/learning.md)."""
_SOONER = 3
"""How many times sooner a search ends that began from what earlier ones found."""
SPENT = "the budget of time is spent"


@dataclass(frozen=True)
class Limits:
    """What ends a search."""

    tuning: TuningSpec
    deadline: float
    """By ``clock``."""
    clock: Callable[[], float]

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.deadline - self.clock()

    def reached(self, trials: Sequence[Trial], starts: int, *, whole: float | None) -> str | None:
        """Return why no further trial is to begin; None: one is.

        ``starts`` is how many of the first trials earlier studies gave: all of them are tried. ``whole`` is what a
        trial may take where it cannot be interrupted; None: it can be.
        """
        if self.tuning.trials is not None and len(trials) > self.tuning.trials:
            return f"all {self.tuning.trials} trials are done"
        if self.left <= 0:
            return SPENT
        if whole is not None and self.left < whole:
            return "the budget of time does not hold another trial"
        idle = len(trials) - 1 - max(starts, _last_gain(trials))
        if idle >= (-(-self.tuning.patience // _SOONER) if starts else self.tuning.patience):
            return f"{idle} trials in a row gained less than {100 * NOISE:.2g} % of the loss"
        return None


def seconds_of(spec: ModelSpec, tuning: TuningSpec, price_per_hour: float | None) -> float:
    """Return the seconds that one search may take: the least of what each budget allows.

    Raises:
        SettingsError: a budget in money, and nothing says what an hour costs.
    """
    limits = [inf]
    if tuning.minutes is not None:
        limits.append(60 * tuning.minutes)
    if tuning.money is not None:
        if price_per_hour is None:
            raise SettingsError(
                f"deployments/{spec.model}.toml: tuning.money = {tuning.money:g} needs the price of an hour of this "
                "machine: set PERENNIAL_PRICE, such as '0.35 EUR', in the same money"
            )
        limits.append(3600 * tuning.money / price_per_hour)
    return min(limits)


def left_of_quota(tuning: TuningSpec, spent: float) -> float:
    """Return the seconds that the model's month still has."""
    return inf if tuning.monthly_minutes is None else 60 * tuning.monthly_minutes - spent


def refusal(tuning: TuningSpec, spent: float) -> str:
    """Return why the quota allows no search."""
    quota = f"tuning.monthly_minutes = {tuning.monthly_minutes:g}"
    return f"refused: {spent / 60:.1f} of {quota} were spent within 30 days"


def _last_gain(trials: Sequence[Trial]) -> int:
    """Return the number of the last trial that was better than all before it by more than the noise."""
    last, lowest = 0, trials[0].loss
    for trial in trials[1:]:
        if trial.complete and trial.loss < lowest * (1 - NOISE):
            last, lowest = trial.number, trial.loss
    return last
