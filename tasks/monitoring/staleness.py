"""What a model's age costs, by what every verdict so far has found: the base of ``policy.retrain = "on_gain"``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite, sqrt

_DAY = timedelta(days=1)
_Z = 1.2816
"""One in ten is above: so much benefit of the doubt a training gets. What is not known well is tried again sooner."""


@dataclass(frozen=True)
class Gain:
    """By how much a challenger was better than a champion, on rows that neither had seen."""

    age: timedelta
    """By how much older the champion's training was."""
    gain: float
    """In the gate's metric: above 0 is better."""
    error: float
    """Its standard error."""


@dataclass(frozen=True)
class Staleness:
    """What a day of age costs, in the gate's metric."""

    per_day: float
    error: float
    verdicts: int

    @property
    def upper(self) -> float:
        """What it may well be; 0: age costs nothing."""
        return max(self.per_day + _Z * self.error, 0.0)

    def owed(self, age: timedelta, waited: timedelta) -> float:
        """Return what age may have cost on a row a day, summed over the days ``waited``, the last of which is today.

        A model of ``age`` days loses ``upper`` × age; the sum over the days is an area under a straight line.
        """
        now, before = age / _DAY, max(age - waited, timedelta(0)) / _DAY
        return self.upper * (now**2 - before**2) / 2


def staleness(gains: Sequence[Gain]) -> Staleness | None:
    """Return the straight line through 0 that fits ``gains`` best; None: there is none to go by.

    Weighted least squares, by standard errors. Where gains differ among themselves more than these say, the error is
    widened by as much: Birge 1932, "The calculation of errors by the method of least squares", Phys. Rev. 40.
    """
    known = [
        one for one in gains if isfinite(one.gain) and isfinite(one.error) and one.error > 0 and one.age >= _DAY / 24
    ]
    if not known:
        return None
    ages = [one.age / _DAY for one in known]
    weights = [one.error**-2 for one in known]
    squares = sum(weight * age**2 for weight, age in zip(weights, ages, strict=True))
    slope = sum(w * age * one.gain for w, age, one in zip(weights, ages, known, strict=True)) / squares
    off = sum(w * (one.gain - slope * age) ** 2 for w, age, one in zip(weights, ages, known, strict=True))
    wider = max(1.0, off / (len(known) - 1)) if len(known) > 1 else 1.0
    return Staleness(slope, sqrt(wider / squares), len(known))
