"""What a policy wants, before cooldown and budget have their say."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Reason = Literal["schedule", "drift", "performance"]


@dataclass(frozen=True)
class Wish:
    """A training that is wanted, or why none is."""

    reason: Reason | None
    """Why it would start; None: none is wanted."""
    words: str


def days(length: timedelta) -> str:
    """Return a length of time in words."""
    return f"{length / timedelta(days=1):.1f} days"
