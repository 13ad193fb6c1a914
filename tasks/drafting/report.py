"""The first-run report: what was found of a table and what was made of it, as one page that needs nothing beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tasks.data.window import write_time
from tasks.drafting.draft import Draft
from tasks.drafting.drawings import draw
from tasks.drafting.feature_pictures import HEIGHT, MOST, WIDTH, pictures
from tasks.drafting.findings import Weight
from tasks.drafting.schedules import runs
from tasks.drafting.timeline import Timeline, describe
from tasks.judgement.page import templates
from tasks.judgement.table import Table
from tasks.judgement.wording import gain, interval
from tasks.spec import write_duration

_SIGNS: Mapping[Weight, str] = {"leak": "✕ leak", "check": "! check", "note": "· noted"}


@dataclass(frozen=True)
class Tile:
    """A figure at a glance."""

    what: str
    figure: str
    also: str


def write_report(draft: Draft, commands: Sequence[str], now: datetime) -> str:
    """Return the page as HTML; whatever names and values hold, it is text there."""
    template = templates(Path(__file__).parent).get_template("report.html")
    features = pictures(draft.plan, draft.look.importance)
    return template.render(
        draft=draft,
        plan=draft.plan,
        tiles=_tiles(draft),
        said=[_sentence(draft.look.sentence), _sentence(draft.ageing.sentence)],
        drawn=draw(draft.plan, draft.history, draft.ageing),
        features=features,
        size=(WIDTH, HEIGHT),
        more=len(draft.plan.features) - len(features),
        most=MOST,
        leaks=leaks(draft),
        windows=windows(draft),
        found=found(draft),
        asked=asked(draft),
        columns=columns(draft),
        runs=schedule(draft, now),
        commands=commands,
    )


def _tiles(draft: Draft) -> list[Tile]:
    plan, line, c = draft.plan, draft.plan.timeline, draft.look.found
    first = Tile("a quick model's gain", "–", "not looked at")
    if c is not None:
        first = Tile("a quick model's gain", gain(c), f"{c.label}, {interval(c)}")
    return [
        Tile("rows", f"{plan.rows:,}", f"{write_time(line.start)} to {write_time(line.end)}"),
        Tile("columns", f"{len(plan.columns):,}", f"{len(draft.plan.features):,} are learned from"),
        Tile("target", plan.goal.task, plan.target),
        first,
    ]


def leaks(draft: Draft) -> Table:
    """Return the columns that give the target away, each with the figure that convicts it."""
    roles = draft.plan.roles
    rows = tuple(
        (name, _SIGNS["leak"], role.reason, f"{role.use}: not learned from")
        for name, role in roles.items()
        if role.leak
    )
    caption = "Columns that give the target away, and what convicts each"
    return Table(caption, ("column", "is a", "because", "so"), rows, frozenset(range(len(rows))))


def found(draft: Draft) -> Table:
    """Return all else that was found: first what a person has to check, and that is not to be missed."""
    told = sorted((one for one in draft.findings if one.weight != "leak"), key=lambda one: one.weight != "check")
    rows = tuple((_SIGNS[f.weight], f.topic, ", ".join(f.columns[:4]), f.sentence) for f in told)
    striking = frozenset(place for place, finding in enumerate(told) if finding.weight == "check")
    return Table(
        "What else was found: some is for a person to check", ("", "about", "columns", "finding"), rows, striking
    )


def asked(draft: Draft) -> Table:
    """Return what only a person knows, and what was taken for it."""
    rows = tuple((a.question.sentence, a.answer, a.question.reason, ", ".join(a.question.options)) for a in draft.asked)
    return Table("What the data could not settle", ("question", "taken", "because", "allowed"), rows)


def windows(draft: Draft) -> Table:
    """Return which part of the rows does what."""
    line = draft.plan.timeline
    rows = (
        ("train", _trained(line), f"{line.trains:,}", "models learn from these"),
        ("validation", write_duration(line.validation), f"{line.chooses:,}", "the best of them is chosen by these"),
        ("holdout", write_duration(line.holdout), f"{line.judges:,}", "a challenger is judged by these, once"),
    )
    return Table(f"Windows: {describe(line)}", ("part", "length", "labelled rows", "what for"), rows)


def _trained(line: Timeline) -> str:
    if line.recent is None:
        return "all before"
    return f"all before, or {write_duration(line.recent.length)} of it ({line.recent.rows:,} rows)"


def columns(draft: Draft) -> Table:
    """Return what each column is, and what it is for."""
    plan = draft.plan
    rows = tuple(
        (name, c.kind, plan.roles[name].use, f"{c.missing / plan.rows:.1%}", f"{c.distinct:,}", plan.roles[name].reason)
        for name, c in plan.columns.items()
    )
    return Table("Columns", ("column", "is", "use", "missing", "different", "why"), rows)


def schedule(draft: Draft, now: datetime) -> Table:
    """Return what runs by itself, and the next times."""
    line = draft.plan.timeline
    rows = tuple((run.key, run.what, run.when, ", ".join(run.next)) for run in runs(line, now))
    caption = "What runs by itself after perennial deploy, UTC"
    if not line.live:
        caption = f"Off: the newest row is of {write_time(line.end)}. What runs once [schedule] is put in, UTC"
    return Table(caption, ("run", "what it does", "when", "the next times"), rows)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
