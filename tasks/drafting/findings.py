"""What a draft has to tell of a table: the traps that it found, and what it made of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.data.window import write_time
from tasks.drafting import names
from tasks.drafting.plan import Plan
from tasks.judgement.leakage.case import Leak
from tasks.spec import CsvSpec, write_duration

Topic = Literal[
    "form", "missing", "time", "zones", "gaps", "order", "key", "repeated", "leak", "identifier", "text", "constant",
    "empty", "same", "unit", "sensitive", "rare", "delay", "broken", "suspect", "few", "many",
]  # fmt: skip
TRAPS: frozenset[Topic] = frozenset(
    {
        "form",
        "missing",
        "zones",
        "gaps",
        "order",
        "repeated",
        "leak",
        "text",
        "constant",
        "empty",
        "same",
        "broken",
        "suspect",
    }
)
"""What a clean table has none of."""
Weight = Literal["leak", "check", "note"]
_CHECKED: frozenset[Topic] = frozenset(
    {"missing", "order", "repeated", "gaps", "broken", "suspect", "sensitive", "few"}
)
"""What a person has to look at: rows are lost by it, or what is learned is wrong if it was guessed wrongly."""
_FEW = 1_000


@dataclass(frozen=True)
class Finding:
    """One thing that was found."""

    topic: Topic
    columns: tuple[str, ...]
    sentence: str

    @property
    def weight(self) -> Weight:
        """Whether it gives the target away, is for a person to check, or only says what was made of a column."""
        return "leak" if self.topic == "leak" else "check" if self.topic in _CHECKED else "note"


def find(plan: Plan, suspects: Sequence[Leak], of_one_class: Sequence[str]) -> tuple[Finding, ...]:
    """Return what is to be told of the table behind ``plan``."""
    return (*_of_the_file(plan), *_of_columns(plan), *_suspected(plan, suspects), *_untold(plan, of_one_class))


def _of_the_file(plan: Plan) -> Iterator[Finding]:
    order, line = plan.order, plan.timeline
    if plan.place.form != CsvSpec():
        usual = CsvSpec()
        said = ", ".join(f"{key} {value!r}" for key, value in plan.place.form if value != getattr(usual, key))
        yield Finding("form", (), f"the CSV is written with {said}")
    for one in plan.spellings:
        yield Finding(
            "missing", (one.column,), f"{one.word!r} stands for missing in {one.column} ({one.share:.1%} of the rows)"
        )
    yield Finding("time", order.clock.columns if order.clock else (), f"event time: {order.why_time}")
    if order.rows_clock is not None and order.rows_clock.spread:
        yield Finding(
            "order", (plan.target,), f"the file is sorted by {plan.target}: its rows are spread over the time"
        )
    zones = plan.columns[order.clock.columns[0]].offsets if order.clock else ()
    if order.clock and len(zones) > 1:
        said = f"times have the offsets {', '.join(zones)}: all are read as UTC"
        yield Finding("zones", order.clock.columns, said)
    for gap in line.gaps:
        yield Finding("gaps", (), f"no rows from {write_time(gap.start)} to {write_time(gap.end)}")
    if line.delay:
        yield Finding(
            "delay", (plan.target,), f"labels are seen to arrive {write_duration(line.delay)} after the event"
        )
    yield Finding("key", order.key, f"key: {order.why_key}")
    if plan.repeated != "refuse":
        yield Finding("repeated", order.key, plan.why_repeated)
    if plan.goal.task == "binary" and min(plan.goal.shares.values()) < 0.05:
        yield Finding(
            "rare", (plan.target,), f"only {min(plan.goal.shares.values()):.2%} of the rows are of the rarer class"
        )
    if line.labelled < _FEW:
        yield Finding("few", (), f"{line.labelled:,} labelled rows: the gate will tell only large differences apart")


def _of_columns(plan: Plan) -> Iterator[Finding]:
    for name, column in plan.columns.items():
        role = plan.roles[name]
        if role.leak:
            yield Finding("leak", (name,), f"{name} leaks: {role.reason}")
        elif role.use == "excluded":
            yield Finding("same" if column.same_as else "constant", (name,), f"{name} is left out: {role.reason}")
        elif role.use == "unread":
            topic: Topic = "empty" if column.kind in ("empty", "other") else "time"
            yield Finding(topic, (name,), f"{name} is not read: {role.reason}")
        elif role.use == "identifier" and name not in plan.order.key:
            yield Finding(
                "text" if column.kind == "text" else "identifier", (name,), f"{name} is not learned from: {role.reason}"
            )
        elif role.use == "feature" and role.way == "words":
            yield Finding("text", (name,), f"{name} is free text: {role.reason}")
        elif role.use == "feature" and role.way == "statistics":
            yield Finding("many", (name,), f"{name} has many values: {role.reason.split(': ')[1]}")
        if column.unreadable:
            share = column.unreadable / len(column.values)
            yield Finding(
                "broken", (name,), f"{name} has words among its numbers ({share:.2%} of the rows): they are quarantined"
            )
        if name != plan.target and (unit := names.unit(name)):
            yield Finding("unit", (name,), f"{name} is in {unit}, by its name")
        if name != plan.target and names.is_sensitive(name) and role.use == "feature":
            yield Finding(
                "sensitive", (name,), f"{name} is sensitive, by its name: it is learned from unless you exclude it"
            )


def _suspected(plan: Plan, suspects: Sequence[Leak]) -> Iterator[Finding]:
    for leak in suspects:
        if leak.column is not None and plan.roles[leak.column].use == "feature":
            yield Finding("suspect", (leak.column,), leak.sentence)


def _untold(plan: Plan, of_one_class: Sequence[str]) -> Iterator[Finding]:
    for part in of_one_class:
        words = f"{part} has one class of {plan.target} alone: a training will refuse it; give it a longer window"
        yield Finding("few", (plan.target,), words)
