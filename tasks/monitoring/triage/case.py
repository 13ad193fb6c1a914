"""What triage looks at."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from tasks.monitoring.realised import Realised
from tasks.monitoring.signal import Signal
from tasks.monitoring.triage.diagnosis import Action


@dataclass(frozen=True)
class Columns:
    """The parts that columns play; every other column is a feature, numeric or text by its Arrow type."""

    timestamp: str
    key: tuple[str, ...]
    target: str
    outcomes: frozenset[str] = frozenset()
    """Known only afterwards: they are missing by nature in fresh rows, and are not looked at."""
    made: frozenset[str] = frozenset()
    """Made of the rows before a row: no feed brings them, so that they are never what is broken."""


@dataclass(frozen=True)
class Counts:
    """Rows as they were counted, whereas tables may be samples."""

    rows: int
    before: int | None = None
    """In the window before; None: there is none."""
    expected: float | None = None
    """In a window as long as the current one, by what the champion learned from."""
    duplicated: int = 0
    """Rows of the current window whose key an earlier row of it has."""
    blocks: tuple[int, ...] = ()
    """Rows of the current window in each of its equal stretches of time (``drift.every``), in their order."""
    quarantined: tuple[tuple[str, int], ...] = ()
    """Reason and rows that broke the contract for it."""


@dataclass(frozen=True)
class Checked:
    """What became of an earlier check."""

    as_of: datetime
    action: Action
    alarmed: tuple[str, ...] = ()
    """Columns with an alarm; one about the window as a whole is named by the signal's kind."""
    loss: float | None = None
    """None: not yet known then."""


@dataclass(frozen=True)
class Case:
    """One window of one model, with what it is compared with.

    Tables hold the contract's columns in their types, text as ``dictionary<int32, string>``, and the event time.
    """

    columns: Columns
    reference: pa.Table
    """A sample of what the champion learned from; 20,000 rows are plenty."""
    current: pa.Table
    """The window before quarantine: a broken feed breaks contracts too. A sample of 100,000 rows is plenty."""
    before: pa.Table | None = None
    """The window as long, just before the current one; best the last one that was not broken."""
    year_ago: pa.Table | None = None
    """The window a year before the current one, and the one after it."""
    signals: tuple[Signal, ...] = ()
    performance: Realised | None = None
    counts: Counts | None = None
    """None: as many as the tables hold."""
    past: tuple[Checked, ...] = ()
    """Earlier checks, oldest first."""
    unknown: tuple[str, ...] = ()
    """Columns of the source that the contract does not name."""

    @property
    def loses(self) -> bool:
        """The champion is worse than promised: by more than the threshold of its signal, or for certain without one.

        The threshold is made for the false alarms that are put up with; an interval of 90 % gives one in twenty checks.
        """
        for signal in self.signals:
            if signal.kind == "performance":
                return signal.alarmed
        found = self.performance
        return found is not None and found.loss_low is not None and found.loss_low > 0
