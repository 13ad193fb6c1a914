"""Two models on the same rows: by how much one is better, and how sure that is."""

from dataclasses import dataclass
from math import isnan, nan

from tasks.metrics import Direction, find_metric

MOST_DROPPED = 0.05


@dataclass(frozen=True)
class Comparison:
    """By how much the challenger is better than its rival, with an interval.

    A value that cannot be computed, such as a ROC AUC of rows of one class, is nan.
    """

    metric: str
    direction: Direction
    challenger: float
    rival: float
    """The value of the champion or the baseline."""
    difference: float
    """Positive where the challenger is better, whatever the metric's direction."""
    low: float
    high: float
    level: float
    """Of the two-sided interval [low, high]; either end alone is a one-sided bound at (1 + level) / 2."""
    rows: int
    blocks: int
    """How many units were taken as independent: blocks of time, or rows."""
    resamples: int
    """0 where the method draws none."""
    dropped: int
    """Resamples left out because the metric could not be computed on them."""
    method: str
    seed: int
    error: float
    """The standard error of the difference,"""
    freedom: float
    """and the degrees of freedom that it was estimated with."""
    smallest_visible: float
    """The true difference that a test on as many such rows would show in four cases out of five."""
    identical: bool
    """Both models predict the same for every row."""

    @property
    def label(self) -> str:
        return find_metric(self.metric).label

    @property
    def usable(self) -> bool:
        """Whether there is an interval that deserves trust."""
        return not isnan(self.low) and self.dropped <= MOST_DROPPED * self.resamples

    @property
    def beaten(self) -> bool:
        """Whether the challenger is better than its rival, beyond chance."""
        return self.usable and self.low > 0

    def p_worse(self, margin: float) -> float:
        """Return the p-value of "no worse than by ``margin``": small where the challenger is worse than that."""
        from scipy.special import stdtr

        if not self.usable:
            return nan
        beyond = self.difference + margin
        if self.error == 0:
            return 0.0 if beyond < 0 else 1.0
        return float(stdtr(self.freedom, beyond / self.error))
