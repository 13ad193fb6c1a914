"""All that a draft says, before it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tasks.drafting.dates import Clock
from tasks.drafting.kinds import Column
from tasks.drafting.roles import Role, Way, those
from tasks.drafting.spellings import Spelling
from tasks.drafting.target import Goal
from tasks.drafting.timeline import Timeline
from tasks.spec import CsvSpec, RowsClock, SourceSpec

Repeated = Literal["refuse", "first", "identical"]


@dataclass(frozen=True)
class Place:
    """Where the rows are, as a spec says it."""

    uri: str
    table: str | None = None
    query: str | None = None
    form: CsvSpec = field(default_factory=CsvSpec)


@dataclass(frozen=True)
class Order:
    """How rows are named and put in order of time."""

    timestamp: str
    clock: Clock | None
    """None: the order of rows stands for their time."""
    rows_clock: RowsClock | None
    key: tuple[str, ...]
    row_number: str | None
    why_time: str
    why_key: str

    @property
    def by_rows(self) -> bool:
        return self.rows_clock is not None


@dataclass(frozen=True)
class Margin:
    """What the gate can tell apart."""

    written: str
    """As a spec writes it."""
    reason: str


@dataclass(frozen=True)
class Plan:
    """A draft's choices."""

    model: str
    owner: str
    place: Place
    spellings: tuple[Spelling, ...]
    order: Order
    target: str
    goal: Goal
    rows: int
    columns: Mapping[str, Column]
    roles: Mapping[str, Role]
    timeline: Timeline
    zone: str = "UTC"
    naive: bool = False
    """Times are written without a zone."""
    repeated: Repeated = "refuse"
    why_repeated: str = ""
    margin: Margin | None = None
    loose: frozenset[str] = frozenset()
    """Columns whose range is that of all rows, since quantiles would part too many."""

    @property
    def source(self) -> SourceSpec:
        """The section of the spec that says where the rows are."""
        return source_of(self.place, self.order, self.target, self.words, self.zone)

    @property
    def features(self) -> list[str]:
        """The columns that are learned from."""
        return [name for name in those(self.roles, "feature") if name != self.order.timestamp]

    def learned_by(self, way: Way) -> list[str]:
        """Return the features that are learned from in one way."""
        return [name for name in self.features if self.roles[name].way == way]

    @property
    def words(self) -> list[str]:
        """What else stands for missing."""
        return list(dict.fromkeys(one.word for one in self.spellings))


def source_of(place: Place, order: Order, target: str, words: list[str], zone: str) -> SourceSpec:
    """Return the source of a draft."""
    return SourceSpec(
        uri=place.uri,
        table=place.table,
        query=place.query,
        csv=place.form,
        missing=words,
        timestamp=order.timestamp,
        timezone=zone,
        clock=order.rows_clock or (order.clock.spec if order.clock else None),
        key=list(order.key),
        row_number=order.row_number,
        target=target,
    )
