"""What features were fitted on train, and where each stands in the matrix."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tasks.data.free_text import FittedText
from tasks.data.learned import Learned

Kind = Literal["number", "category"]


@dataclass(frozen=True)
class Feature:
    """A feature as it was fitted: its name, its kind, and for a category the values seen in training, sorted."""

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class FittedFeatures:
    """How rows become numbers, as learned from train."""

    timestamp: str
    timezone: str
    calendar: tuple[str, ...]
    reads: tuple[str, ...]
    """The columns of the contract that are read: all of them known at prediction time."""
    features: tuple[Feature, ...]
    """In the order of the matrix: the calendar's, those of columns as they are, then those of ``learned``."""
    learned: Learned = field(default_factory=Learned)
    """What was fitted on labels: a few numbers are made of each of these columns."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "FittedFeatures":
        return cls(
            timestamp=found["timestamp"],
            timezone=found["timezone"],
            calendar=tuple(found["calendar"]),
            reads=tuple(found["reads"]),
            features=tuple(Feature(f["name"], f["kind"], tuple(f["levels"])) for f in found["features"]),
            learned=Learned.from_json(found.get("learned", {})),  # older artifacts have none
        )

    def columns_of(self, column: str) -> range:
        """Return where in the matrix what labels said of ``column`` stands."""
        start = len(self.calendar) + len(self.as_they_are)
        for one in self.learned.columns:
            if one.column == column:
                return range(start, start + len(one.names))
            start += len(one.names)
        raise KeyError(column)

    def text_at(self, position: int) -> tuple[FittedText, int] | None:
        """Return whose score the feature at ``position`` is, and which of its outputs; None: no score of a text."""
        for text in self.learned.texts:
            if position in (scores := self.columns_of(text.column)[1:]):  # the first is its length
                return text, scores.index(position)
        return None

    @property
    def as_they_are(self) -> tuple[Feature, ...]:
        """The features that are a column each."""
        made = sum(len(one.names) for one in self.learned.columns)
        return self.features[len(self.calendar) : len(self.features) - made]

    @property
    def columns(self) -> frozenset[str]:
        """The columns, of the contract or made by its feature code, that something is learned from."""
        return frozenset({one.name for one in self.as_they_are} | {one.column for one in self.learned.columns})
