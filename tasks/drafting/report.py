"""What was found of a table and what was made of it, as one HTML page that needs nothing beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.data.window import write_time
from tasks.drafting.draft import Draft
from tasks.drafting.findings import TRAPS
from tasks.drafting.timeline import describe
from tasks.judgement.page import templates
from tasks.judgement.tables import Table
from tasks.spec import write_duration


@dataclass(frozen=True)
class Tile:
    """A figure at a glance."""

    what: str
    figure: str
    also: str


def write_report(draft: Draft, commands: Sequence[str]) -> str:
    """Return the page as HTML; whatever names and values hold, it is text there."""
    template = templates(Path(__file__).parent).get_template("report.html")
    return template.render(draft=draft, plan=draft.plan, tiles=_tiles(draft), tables=tables(draft), commands=commands)


def _tiles(draft: Draft) -> list[Tile]:
    plan, line = draft.plan, draft.plan.timeline
    return [
        Tile("rows", f"{plan.rows:,}", f"{write_time(line.start)} to {write_time(line.end)}"),
        Tile("columns", f"{len(plan.columns):,}", f"{len(draft.plan.features):,} are learned from"),
        Tile("target", plan.goal.task, plan.target),
        Tile("quarantined", f"{draft.quarantined:.2%}", "of the rows that were looked at"),
    ]


def tables(draft: Draft) -> list[Table]:
    """Return what the page shows: what was found, what was asked, the columns, and the windows."""
    plan, line = draft.plan, draft.plan.timeline
    found = [(f.topic, ", ".join(f.columns[:4]), f.sentence) for f in draft.findings]
    asked = [(a.question.sentence, a.answer, a.question.reason, ", ".join(a.question.options)) for a in draft.asked]
    columns = [
        (name, c.kind, plan.roles[name].use, f"{c.missing / plan.rows:.1%}", f"{c.distinct:,}", plan.roles[name].reason)
        for name, c in plan.columns.items()
    ]
    windows = [
        ("train", "all before", f"{line.trains:,}"),
        ("validation", write_duration(line.validation), f"{line.chooses:,}"),
        ("holdout", write_duration(line.holdout), f"{line.judges:,}"),
    ]
    return [
        Table("What was found", ("about", "columns", "finding"), tuple(found), _striking(draft)),
        Table("What the data could not settle", ("question", "taken", "because", "allowed"), tuple(asked)),
        Table(f"Windows: {describe(line)}", ("part", "length", "labelled rows"), tuple(windows)),
        Table("Columns", ("column", "is", "use", "missing", "different", "why"), tuple(columns)),
    ]


def _striking(draft: Draft) -> frozenset[int]:
    return frozenset(place for place, finding in enumerate(draft.findings) if finding.topic in TRAPS)
