"""What a champion's predictions turned out to be worth."""

from dataclasses import dataclass
from datetime import datetime

from tasks.metrics import find_metric
from tasks.monitoring.predictions.arrivals import Delays


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
    """Rows of the window with a prediction and a label, up to the watermark: those that ``value`` is of."""
    awaited: int
    """Rows of the window with a prediction whose label is still to come."""
    watermark: datetime | None
    """Up to this event time all but a few labels have arrived; None: unknown."""
    missing: int = 0
    """How many more matured rows it would take to know ``value``."""
    early: int = 0
    """Rows after the watermark that have a label already: not counted, as the quick ones are not like the rest."""
    unlabelled: int = 0
    """Rows up to the watermark without a label: of these hardly any is still to come."""
    delays: Delays | None = None
    """How long labels take to arrive; None: unknown."""

    @property
    def sentence(self) -> str:
        """What a person reads."""
        label = find_metric(self.metric).label
        if self.value is None:
            return f"{label} is not yet known: {self._wanting}; {self.awaited:,} predictions await their label"
        found = f"{label} {self.value:.4g} ({self.low:.4g} to {self.high:.4g}) on {self.matured:,} matured rows"
        if self.loss is None:
            return found
        worse = "worse" if self.loss > 0 else "better"
        reach = f"({self.loss_low:.4g} to {self.loss_high:.4g})"
        return f"{found}, by {abs(self.loss):.4g} {worse} than the {self.promised:.4g} of its holdout; loss {reach}"

    @property
    def _wanting(self) -> str:
        if self.missing:
            return f"{self.matured:,} rows have matured, {self.missing:,} more are needed"
        return f"the labels of the {self.matured:,} matured rows do not tell"
