"""How many steps the network takes, and how fast it learns at each."""

from dataclasses import dataclass
from math import cos, log2, pi
from typing import TypeVar

from tasks.spec import NetworkSpec

_BATCH_ROWS, _BATCHES, _STEPS, _EPOCHS = (32, 1024), 200, 1500, (5, 50)
"""Rows of a batch, batches of an epoch, steps in all, and epochs: what is aimed for where the spec says nothing."""
_WARM_UP = 0.05
"""Share of all steps."""
Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Pace:
    """How training rows are gone through."""

    epochs: int
    batches: int
    """In one epoch."""
    batch: int
    """Rows in one; the last one of an epoch has what is left."""

    @property
    def steps(self) -> int:
        return self.epochs * self.batches


def pace(candidate: NetworkSpec, rows: int) -> Pace:
    """Return how so many rows are learned from: large batches are fast, and small tables need many steps.

    >>> from tasks.spec import NetworkSpec
    >>> pace(NetworkSpec(kind="network"), 300_000)
    Pace(epochs=6, batches=293, batch=1024)
    >>> pace(NetworkSpec(kind="network"), 600)
    Pace(epochs=50, batches=19, batch=32)
    """
    batch = candidate.batch_rows or 1 << round(log2(_within(rows / _BATCHES, _BATCH_ROWS)))
    batches = -(-rows // batch)
    return Pace(candidate.epochs or _within(-(-_STEPS // batches), _EPOCHS), batches, batch)


def _within(wanted: Number, limits: tuple[Number, Number]) -> Number:
    return min(max(wanted, limits[0]), limits[1])


def share(step: int, steps: int) -> float:
    """Return the share of the learning rate for ``step`` of ``steps``: up in a line, then down along a cosine to 0.

    >>> [round(share(step, 100), 3) for step in (0, 4, 5, 52, 99)]
    [0.2, 1.0, 1.0, 0.508, 0.0]
    """
    warm = max(1, round(_WARM_UP * steps))
    if step < warm:
        return (step + 1) / warm
    return (1 + cos(pi * (step - warm) / max(1, steps - warm))) / 2
