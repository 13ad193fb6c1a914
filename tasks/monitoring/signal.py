"""One measured change."""

from dataclasses import dataclass
from typing import Literal

SignalKind = Literal[
    "distribution",
    "missing",
    "unseen",
    "prediction",
    "multivariate",
    "label",
    "performance",
    "suspects",
    "volume",
    "duplicates",
    "quarantine",
    "freshness",
    "age",
    "unmeasurable",
]
Direction = Literal["up", "down", "other"]


@dataclass(frozen=True)
class Signal:
    """How far one thing is from what it was when the champion learned, and how far would be too far."""

    kind: SignalKind
    column: str | None
    """None: it is about the window as a whole."""
    score: float
    """In ``unit``; the same for few rows and for many, when nothing has changed."""
    low: float
    high: float
    """The 90 % interval of ``score``."""
    threshold: float | None
    """A score above it is an alarm; None: it is reported, and never alarms."""
    direction: Direction
    unit: str
    sentence: str
    """What a person reads."""

    @property
    def alarmed(self) -> bool:
        return self.threshold is not None and self.score > self.threshold
