"""The outcome of a judgement, with everything that a person needs to check it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from math import isfinite, isnan, nan
from typing import Any, Literal, TypeVar

from tasks.metrics import METRICS, Direction

Outcome = Literal["better", "not_worse", "worse", "undecided"]
Method = Literal["paired bootstrap over days", "paired bootstrap over rows"]
_MOST_DROPPED = 0.05
_Record = TypeVar("_Record")


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows: by how much the challenger is better, and how sure that is.

    A value that cannot be computed, such as a ROC AUC of rows of one class, is nan.
    """

    metric: str
    direction: Direction
    challenger: float
    rival: float
    """The value of the champion or the baseline."""
    difference: float
    """Positive where the challenger is better, whatever the metric's direction."""
    low: float
    high: float
    level: float
    """Of the two-sided interval [low, high]; either end alone is a one-sided bound at (1 + level) / 2."""
    rows: int
    blocks: int
    """How many units, days or rows, were drawn from."""
    resamples: int
    dropped: int
    """Resamples left out because the metric could not be computed on them."""
    method: Method
    seed: int
    smallest_visible: float
    """The true difference that a test on as many such rows would show in four cases out of five."""
    identical: bool
    """Both models predict the same for every row."""

    @property
    def label(self) -> str:
        return METRICS[self.metric].label

    @property
    def usable(self) -> bool:
        """Whether there is an interval that deserves trust."""
        return not isnan(self.low) and self.dropped <= _MOST_DROPPED * self.resamples

    @property
    def beaten(self) -> bool:
        """Whether the challenger is better than its rival, beyond chance."""
        return self.usable and self.low > 0


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
    unlabelled_rows: int
    start: datetime | None
    end: datetime


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
    floors: tuple[FloorCheck, ...]
    slices: tuple[SliceReport, ...]
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
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Verdict":
        """Return the verdict that ``to_json`` wrote."""
        champion = found["champion_metrics"]
        return _read(
            cls,
            found,
            reasons=tuple(found["reasons"]),
            comparison=_comparison(found["comparison"]),
            baseline=_read(Comparison, found["baseline"]),
            floors=tuple(_read(FloorCheck, floor) for floor in found["floors"]),
            slices=tuple(_slices(report) for report in found["slices"]),
            challenger_metrics=_numbers(found["challenger_metrics"]),
            champion_metrics=None if champion is None else _numbers(champion),
            baseline_metrics=_numbers(found["baseline_metrics"]),
            holdout=_holdout(found["holdout"]),
        )


def _plain(value: Any) -> Any:  # noqa: ANN401 - any of the types that a verdict is made of
    match value:
        case dict():
            return {name: _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case datetime():
            return value.isoformat()
        case float() if not isfinite(value):
            return None
    return value


def _read(kind: type[_Record], found: Mapping[str, Any], **parts: object) -> _Record:
    """Return a record of ``kind``: ``parts`` as given, the rest as found, nan where a number is null."""
    numbers = {f.name for f in fields(kind) if f.type is float}  # type: ignore[arg-type]
    plain = {name: nan if value is None and name in numbers else value for name, value in found.items()}
    return kind(**{**plain, **parts})


def _comparison(found: Mapping[str, Any] | None) -> Comparison | None:
    return None if found is None else _read(Comparison, found)


def _slices(found: Mapping[str, Any]) -> SliceReport:
    results = (_read(SliceResult, r, comparison=_comparison(r["comparison"])) for r in found["results"])
    return _read(SliceReport, found, results=tuple(results))


def _holdout(found: Mapping[str, Any]) -> HoldoutFacts:
    start = found["start"] and datetime.fromisoformat(found["start"])
    return _read(HoldoutFacts, found, start=start, end=datetime.fromisoformat(found["end"]))


def _numbers(found: Mapping[str, Any]) -> dict[str, float]:
    return {name: nan if value is None else value for name, value in found.items()}
