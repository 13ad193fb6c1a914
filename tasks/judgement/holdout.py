"""What a judge is told: predictions for rows that nobody has seen, and what was found out beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from tasks.data.keys import Keys
from tasks.data.matrix import FloatArray
from tasks.data.window import microseconds_of
from tasks.judgement.leakage.case import Leak
from tasks.judgement.partition import Partition
from tasks.judgement.verdict import Cost
from tasks.judgement.wear import Uses
from tasks.metrics import Task

_DAY = 86_400_000_000


@dataclass(frozen=True)
class Holdout:
    """What three models predict for the labelled rows that neither champion nor challenger has seen.

    Shapes (rows,); predictions of a multiclass task (rows, classes).
    """

    task: Task
    labels: FloatArray
    times: npt.NDArray[np.int64]
    """Event times, microseconds since 1970, UTC."""
    challenger: FloatArray
    champion: FloatArray | None
    """None: there is no champion yet."""
    baseline: FloatArray
    slices: Mapping[str, Partition]
    """By the values of each column of ``gate.slices``."""
    champion_version: str | None
    seen_rows_removed: int
    """Rows of the window that the champion was trained or chosen on; they are in none of the arrays."""
    unlabelled_rows: int
    start: datetime | None
    end: datetime
    features: Mapping[str, Partition] = field(default_factory=dict)
    """By the values of each feature, with names that are whole phrases: where to look for slices."""
    keys: Keys | None = None
    """The row keys."""
    sensitive: Mapping[str, Partition] = field(default_factory=dict)
    """By the values of each column of ``gate.fairness.columns``."""
    twin: FloatArray | None = None
    """What the same recipe with another seed predicts; None: nobody asked."""
    uses: Uses | None = None
    """How many verdicts each row has served for before; None: none."""
    worn_rows_removed: int = 0

    @property
    def compared(self) -> dict[str, FloatArray]:
        """The predictions of champion and challenger by name, or of the challenger alone; it is the last."""
        champion = {} if self.champion is None else {"champion": self.champion}
        return {**champion, "challenger": self.challenger}

    @property
    def days(self) -> npt.NDArray[np.int64]:
        """The calendar day of each row, UTC, as a number since 1970."""
        return self.times // _DAY

    def blocks(self, block: timedelta | Literal["row"]) -> npt.NDArray[np.int64]:
        """Return a number for each row's block of time."""
        return np.arange(len(self.times)) if block == "row" else self.times // microseconds_of(block)


@dataclass(frozen=True)
class Exhibits:
    """What is laid before the gate beside the predictions."""

    leaks: tuple[Leak, ...] = ()
    untested: tuple[str, ...] = ()
    """What the leakage audit could not look for, in words."""
    cost: Cost | None = None
    broken: Mapping[str, str] = field(default_factory=dict)
    """Gates whose measurement broke, each with what went wrong: never a pass."""
