"""What the leakage audit looks at, and what it says."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.keys import Keys
from tasks.data.matrix import FloatArray
from tasks.data.rows import Rows
from tasks.data.window import microseconds_of
from tasks.metrics import Task

Times = npt.NDArray[np.int64]
"""Microseconds since 1970, UTC."""
Severity = Literal["refuse", "warn"]
LeakKind = Literal[
    "target_copy",
    "near_copy",
    "deciding_category",
    "missingness",
    "sum_of_columns",
    "outcome_column",
    "late_timestamp",
    "identifier",
    "duplicate_rows",
    "shared_groups",
    "fitted_before_split",
    "time_order",
    "label_horizon",
    "champion_saw_holdout",
]


@dataclass(frozen=True)
class Part:
    """The labelled rows of train, validation or holdout. Arrays have shape (rows,)."""

    table: pa.Table | Rows
    """The raw columns that may be looked at: what the model reads, and identifiers beside it."""
    labels: FloatArray
    """Values of a regression, 0 and 1 of a binary target, codes of classes."""
    times: Times
    """Event times: predictions are made then."""
    keys: Keys
    label_times: Times | None = None
    """When each label arrived; None: ``AuditCase.label_delay`` after the event."""
    groups: npt.NDArray[np.int64] | None = None
    """A number for each row's declared group, the same in all parts; see ``tasks.data.keys.group_codes``."""
    outcome_table: pa.Table | Rows | None = None
    """The columns that are known only afterwards, to find copies of them under other names."""

    @property
    def rows(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class AuditCase:
    """One training and its holdout, with what spec and contract say about the columns."""

    task: Task
    train: Part
    validation: Part
    holdout: Part
    features: tuple[str, ...]
    """Raw columns that the model learns from: neither the event time nor identifiers."""
    reads: tuple[str, ...]
    """Raw columns that the model, or the contract's ``features()``, is given."""
    outcomes: frozenset[str]
    """Columns whose contract says that they are known only afterwards."""
    key: tuple[str, ...]
    timestamp: str
    """Column of the event time."""
    label_delay: timedelta = timedelta(0)
    champion_named: bool = False
    seen_by_champion: int = 0
    """Rows of the holdout's window that the champion had trained or chosen on; they are in no part."""
    texts: frozenset[str] = frozenset()
    """Features whose words are learned from: that hardly one comes again says nothing against them."""
    rest: pa.Table | Rows | None = None
    """Rows of the snapshot that are in no part: what was fitted before the split has seen them too."""

    @property
    def parts(self) -> tuple[Part, Part, Part]:
        return self.train, self.validation, self.holdout

    def label_times(self, part: Part) -> Times:
        """Return when each label of ``part`` arrived."""
        return part.times + microseconds_of(self.label_delay) if part.label_times is None else part.label_times


@dataclass(frozen=True)
class Leak:
    """One finding: what gives the label away, and what to do about it."""

    kind: LeakKind
    severity: Severity
    column: str | None
    """None: it is about rows, not about a column."""
    figure: float
    """A number of rows where rows are counted, else a share from 0 to 1; the sentence says of what."""
    sentence: str
    together: tuple[str, ...] = ()
    """All columns that it takes, where one alone gives nothing away."""


@dataclass(frozen=True)
class Untested:
    """What a check could not look for."""

    sentence: str


Finding = Leak | Untested


@dataclass(frozen=True)
class Audit:
    """All that was found, and what could not be looked for."""

    leaks: tuple[Leak, ...]
    untested: tuple[str, ...] = ()
    """In words, each with the reason."""
