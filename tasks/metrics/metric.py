"""What a metric is: its name, which way is better, and how rows are weighted.

Labels are float64 of shape (rows,): values of a regression, 0 and 1 of a binary target, or codes of classes.
Predictions are values, probabilities of the positive class, or probabilities of shape (rows, classes); of an anomaly
scores.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.data.matrix import FloatArray

Task = Literal["binary", "multiclass", "regression", "anomaly"]
"""An anomaly is a binary target of which most labels never come; its predictions are scores, and no probabilities."""
Direction = Literal["higher", "lower"]

Weighted = Callable[[FloatArray | None], float]
"""A metric bound to labels and predictions: from row weights (None: all 1) to the metric's value.

A row of weight 0 counts as absent and one of weight 2 as there twice; nan where the rows left cannot say.
"""
Bind = Callable[[FloatArray, FloatArray], Weighted]
Losses = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class Sums:
    """A metric that depends on nothing but sums over rows: most do, and can be resampled at once."""

    parts: Callable[[FloatArray, FloatArray], FloatArray]
    """From labels and predictions to what is summed, shape (rows, parts)."""
    value: Callable[[FloatArray], FloatArray]
    """From sums, shape (…, parts), to the metric, shape (…); nan where it has no value."""

    def bind(self, labels: FloatArray, predictions: FloatArray) -> Weighted:
        parts = self.parts(labels, predictions)
        return lambda weights: float(self.value(parts.sum(axis=0) if weights is None else weights @ parts))


@dataclass(frozen=True)
class Tolerance:
    """How much worse may still count as not worse, where a spec does not say."""

    size: float
    relative: bool = False
    """A share of the champion's value: an error in minutes has no size that suits every model."""

    def of(self, value: float) -> float:
        """Return how much worse than ``value`` still counts as not worse, in the metric's unit."""
        return self.size * abs(value) if self.relative else self.size


@dataclass(frozen=True)
class Metric:
    """How good predictions are, in one number."""

    name: str
    label: str
    """The name for people."""
    direction: Direction
    tasks: tuple[Task, ...]
    tolerance: Tolerance
    bind: Bind
    """Does once whatever weights do not change, such as sorting: a bootstrap weighs a thousand times."""
    sums: Sums | None = None
    """How it comes from sums over rows, if it does."""

    def gain(self, challenger: float, champion: float) -> float:
        """Return by how much ``challenger`` is better: positive when it is, whatever the direction."""
        return challenger - champion if self.direction == "higher" else champion - challenger

    def better(self, a: float, b: float) -> bool:
        """Say whether ``a`` is better than ``b``; never, if either is nan."""
        return self.gain(a, b) > 0


def ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Return ``above / below``, nan where there is nothing below."""
    above, below = np.broadcast_arrays(above, below)
    return np.asarray(np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0))
