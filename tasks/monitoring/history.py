"""What a policy goes by: what was before, and what is the case now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.monitoring.realised import Realised
from tasks.monitoring.staleness import Gain
from tasks.monitoring.triage import Checked


@dataclass(frozen=True)
class Retraining:
    """A training that was made or asked for."""

    at: datetime
    """When it was asked for; of one that nobody asked for, when it was made."""
    asked: bool
    """A policy asked for it: it counts against the budget."""
    helped: bool | None
    """False: its version was refused, or the loss stayed; None: not yet known."""
    better: bool | None = None
    """Its challenger was shown to be better than the champion; None: not yet known."""


@dataclass(frozen=True)
class History:
    """What was before this check, oldest first."""

    checks: tuple[Checked, ...] = ()
    retrainings: tuple[Retraining, ...] = ()
    gains: tuple[Gain, ...] = ()
    """What the verdicts on challengers found, beside the champion of their day."""


@dataclass(frozen=True)
class Moment:
    """What is the case at this check."""

    now: datetime
    rows_per_day: float = 0.0
    performance: Realised | None = None
    age: timedelta | None = None
    """Of the champion, since what its training knew; None: unknown."""
