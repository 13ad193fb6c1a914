"""The report of a verdict: one HTML page that needs nothing beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.judgement import tables
from tasks.judgement.explained import UNEXPLAINED, Explained
from tasks.judgement.holdout import Holdout
from tasks.judgement.pictures import draw_pictures
from tasks.judgement.sections import Labels, Provenance, Told, Trials, sections
from tasks.judgement.table import NONE, Table
from tasks.judgement.verdict import Verdict
from tasks.judgement.wording import NOTHING, facts, gain, interval, show

if TYPE_CHECKING:
    from jinja2 import Environment

_PROSE = 60
"""Letters that make a cell a sentence: a phone shows the rows of such a table one below the other."""
_ALONE = {
    "Better": "Better than",
    "Not worse": "Not worse than",
    "Worse": "Worse than",
    "Undecided": "Undecided: these rows cannot settle how it compares with",
}
"""What an outcome is called where it stands alone."""


@dataclass(frozen=True)
class About:
    """What a page tells of a challenger beside its verdict."""

    model: str
    importance: Mapping[str, float]
    """Each feature's share."""
    classes: tuple[str, ...]
    """The names of a multiclass target's codes."""
    provenance: Provenance
    """Label and value: the data it rests on, and what made it."""
    candidates: Table = NONE
    """What was tried, and how validation chose."""
    searched: Mapping[str, str] = field(default_factory=dict)
    """Pictures of the search for better parameters, if there was one."""
    labels: Labels | None = None
    """Those of train that may be wrong; None: nobody asked."""
    explained: Explained = UNEXPLAINED
    """How it comes to its predictions."""


@dataclass(frozen=True)
class Badge:
    """May the challenger be approved? A word and a sign, so that colour is not the only one."""

    kind: str
    sign: str
    word: str
    consequence: str


def page(verdict: Verdict, held: Holdout, about: About, *, pictures: Mapping[str, str] | None = None) -> str:
    """Return the page as HTML; the same verdict gives the same text.

    ``pictures`` are those of ``draw_pictures``, if they were drawn already.
    """
    drawn = draw_pictures(held, verdict, about.importance, about.classes) if pictures is None else pictures
    tried = Trials(about.candidates, tuple(about.searched.values()))
    told = Told(tried, about.labels, about.explained, about.provenance)
    return (
        templates()
        .get_template("page.html")
        .render(
            about=about,
            badge=_badge(verdict),
            window=tables.window(verdict),
            headline=_headline(verdict),
            more=verdict.reasons[1:],
            tiles=_tiles(verdict),
            sections=sections(verdict, drawn, told),
        )
    )


def templates(*folders: Path) -> "Environment":
    """Return the templates of ``folders``, and those of this one: a table's cells, and how a page looks."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.tests |= {"prose": _is_prose, "number": _is_number}
    return made


def _badge(verdict: Verdict) -> Badge:
    champion = f"version {verdict.champion_version}" if verdict.comparison else None
    if verdict.promotable:
        place = f"in place of {champion}" if champion else "and is the first"
        return Badge("may", "✓", "May be promoted", f"The challenger may become champion, {place}.")
    stays = f"The champion, {champion}, stays in use." if champion else "No version is in use yet."
    if verdict.outcome == "undecided":
        return Badge("undecided", "?", "Undecided", f"These rows do not show enough to approve it. {stays}")
    return Badge("refused", "✕", "Refused", f"The challenger cannot be approved. {stays}")


def _headline(verdict: Verdict) -> tuple[str, str]:
    """Return the first reason in two parts: what is said, and the figures and advice, which are read more slowly."""
    sentence = verdict.reasons[0]
    pairs = [verdict.deciding, verdict.baseline, *(r.comparison for part in verdict.slices for r in part.results)]
    rivals = (verdict.rival, "baseline")
    starts = [sentence.find(facts(pair, rival)) for pair in pairs if pair for rival in rivals]
    first = min((start for start in [*starts, sentence.find("; ")] if start > 0), default=len(sentence))
    said, figures = sentence[:first].rstrip(": "), sentence[first:].lstrip("; ")
    return f"{_ALONE[said]} the {verdict.rival}" if said in _ALONE else said, figures


def _tiles(verdict: Verdict) -> tuple[tuple[str, str, str], ...]:
    """Return the figures at a glance: what, how much, and what else to know of it."""
    c, rival, held = verdict.deciding, verdict.rival, verdict.holdout
    version = f", version {verdict.champion_version}" if verdict.comparison else ""
    return (
        (f"{c.label}, challenger", show(c.challenger), f"{c.direction} is better"),
        (f"{c.label}, {rival}{version}", show(c.rival), "on the same rows"),
        ("gain", gain(c), f"{c.level:.0%} interval {interval(c)}"),
        ("judged on", f"{held.rows:,} rows", f"of {held.days:,} days, unseen in training"),
    )


def _is_prose(table: Table) -> bool:
    return any(len(cell) > _PROSE for row in table.rows for cell in row)


def _is_number(cell: str) -> bool:
    return cell == NOTHING or cell[:1].isdigit() or (cell[:1] in "+-" and cell[1:2].isdigit())
