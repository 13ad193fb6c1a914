"""The outcome of a judgement, with everything that a person needs to check it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tasks.judgement.calibration import Calibration
from tasks.judgement.comparison import Comparison
from tasks.judgement.fairness import GroupRate
from tasks.judgement.leakage.case import Leak
from tasks.plain import read, write
from tasks.spec import Mode

Outcome = Literal["better", "not_worse", "worse", "undecided"]
Gate = Literal["baseline", "floors", "slices", "leakage", "calibration", "fairness", "stability", "latency", "size"]
Status = Literal["passed", "failed", "not testable", "error", "no limit"]


@dataclass(frozen=True)
class Check:
    """What one of the further gates found."""

    gate: Gate
    mode: Mode
    status: Status
    sentence: str
    """What was found, and what is allowed."""

    @property
    def stops(self) -> bool:
        """Whether the challenger may not be promoted for this alone: a gate that broke is never a pass."""
        return self.mode == "enforce" and self.status in ("failed", "error")

    @property
    def warns(self) -> bool:
        return self.mode == "warn" and self.status in ("failed", "error")


@dataclass(frozen=True)
class FloorCheck:
    """An absolute limit of the spec, and what the challenger reached."""

    metric: str
    limit: float
    value: float
    passed: bool


@dataclass(frozen=True)
class SliceResult:
    """One value of a slice column: the comparison on its rows alone, or why there is none."""

    value: str
    rows: int
    positives: int | None
    """Rows of the positive class; None when the task is not binary."""
    comparison: Comparison | None
    not_testable: str | None
    p: float | None = None
    """The p-value of "no worse than the margin"; None where there is no test."""
    regressed: bool = False
    """Shown to be worse than the margin, with all slices taken together."""


@dataclass(frozen=True)
class SliceReport:
    """The largest values of one column, the worst first."""

    column: str
    results: tuple[SliceResult, ...]
    left_out: int
    """How many smaller values are not reported."""


@dataclass(frozen=True)
class HoldoutFacts:
    """The rows that judged, and those that could not."""

    rows: int
    days: int
    seen_rows_removed: int
    worn_rows_removed: int
    """Rows that had judged as often as gate.max_uses allows."""
    unlabelled_rows: int
    uses: float
    """How many verdicts the rows had served for before, on average."""
    start: datetime | None
    end: datetime


@dataclass(frozen=True)
class Cost:
    """What one prediction takes, measured in a fresh process that loaded the artifact."""

    latency_ms: float
    """Median milliseconds for one row alone."""
    batch_us: float
    """Microseconds a row when the sample is predicted at once."""
    megabytes: float


@dataclass(frozen=True)
class Stability:
    """What another seed changes."""

    value: float
    twin: float
    """gate.metric of the same recipe with another seed, on the same rows."""


@dataclass(frozen=True)
class Verdict:
    """What the gate decided about one challenger, why, and on what evidence."""

    outcome: Outcome
    """Against the champion; while there is none yet, against the baseline."""
    promotable: bool
    reasons: tuple[str, ...]
    """Sentences; the first one says it all."""
    comparison: Comparison | None
    """With the champion; None: there is no champion yet."""
    baseline: Comparison
    margin: float
    """How much worse still counted as not worse, in the metric's unit."""
    slice_margin: float
    alpha: float
    """What was left of gate.alpha for rows as worn as these."""
    checks: tuple[Check, ...]
    floors: tuple[FloorCheck, ...]
    slices: tuple[SliceReport, ...]
    calibration: Calibration | None
    champion_calibration: Calibration | None
    fairness: tuple[GroupRate, ...]
    leaks: tuple[Leak, ...]
    cost: Cost | None
    stability: Stability | None
    challenger_metrics: dict[str, float]
    champion_metrics: dict[str, float] | None
    baseline_metrics: dict[str, float]
    holdout: HoldoutFacts
    champion_version: str | None

    @property
    def deciding(self) -> Comparison:
        """The comparison that the outcome rests on."""
        return self.comparison or self.baseline

    @property
    def rival(self) -> Literal["champion", "baseline"]:
        """Whom the deciding comparison and the slices are about."""
        return "champion" if self.comparison else "baseline"

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as JSON's own types; null stands for nan, and times are ISO 8601."""
        plain: dict[str, Any] = write(self)
        return plain

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Verdict":
        """Return the verdict that ``to_json`` wrote."""
        verdict: Verdict = read(cls, found)
        return verdict
