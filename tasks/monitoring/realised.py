"""What a champion's predictions turned out to be worth."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Realised:
    """A metric on the rows of a window whose labels had arrived, beside what the champion's holdout had promised."""

    metric: str
    """As the spec names it: ``roc_auc``."""
    value: float | None
    """None: not yet known, as too few labels have arrived."""
    low: float | None
    high: float | None
    """The 90 % interval of ``value``."""
    promised: float | None
    """On the champion's holdout; None: not recorded."""
    loss: float | None
    """How much worse than promised: above 0 is worse, whatever the metric's direction."""
    loss_low: float | None
    loss_high: float | None
    """The 90 % interval of ``loss``, over the days of both."""
    matured: int
    """Rows of the window with a prediction and a label."""
    awaited: int
    """Rows of the window with a prediction whose label is still to come."""
    watermark: datetime | None
    """Up to this event time all but a few labels have arrived; None: unknown."""
