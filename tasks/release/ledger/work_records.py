"""What an entry of the ledger says of work: what was scored, which training was asked for, and what one cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Scored:
    """A champion's predictions for the rows of a window stand in the log."""

    version: int
    start: datetime
    end: datetime
    rows: int
    """Valid rows of the window: each is in the log, whoever wrote it there."""
    quarantined: int
    snapshot: str
    """Digest of the rows, as they were known when they were scored."""


@dataclass(frozen=True)
class Requested:
    """A check asked for a training."""

    reason: Literal["schedule", "drift", "performance", "manual"]
    as_of: datetime
    """What the check knew, and the training that comes of it."""
    champion: int | None
    """The version that was watched; None: there was none."""
    summary: str
    check: str
    """Digest of the check's document."""


@dataclass(frozen=True)
class Claimed:
    """A training took a request on."""

    request: int
    """The number of its entry."""
    lease: int
    """The fence of the training's lease: once that is over, the claim is."""
    run: str
    """Folder of the training's run."""


@dataclass(frozen=True)
class Answered:
    """A request came to its end."""

    request: int
    run: str | None
    """MLflow's id of the training; None: no training came to a verdict."""
    outcome: str
    """The verdict's, or ``failed``."""
    summary: str
    version: int | None
    superseded: bool
    """The training was not started for it, and answers it all the same."""


@dataclass(frozen=True)
class Spent:
    """What a training cost, however it ended; a killed one leaves none."""

    run: str
    """Its folder."""
    reason: str
    """Why it was made, as a verdict says it."""
    finished: bool
    """It came to its end; False: it broke."""
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    """The most memory that one of its processes held."""
    gpu_seconds: float | None
    """Seconds of GPUs at full use; None: the machine tells none."""
    joules: float | None
    """Of the machine, as far as it tells them."""
    money: float | None
    """None: the settings named no price for an hour."""
    currency: str | None
