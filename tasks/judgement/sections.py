"""What the page of a verdict tells, part by part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tasks.judgement import tables
from tasks.judgement.explained import Explained
from tasks.judgement.intervals import allowed_loss, slice_name
from tasks.judgement.slices import FOUND
from tasks.judgement.table import Table
from tasks.judgement.verdict import Verdict
from tasks.judgement.wording import figure

Provenance = tuple[tuple[str, str], ...]
_CURVES = ("roc", "precision_recall", "confusion", "predictions", "residuals", "calibration", "by_day")


@dataclass(frozen=True)
class Section:
    """A part of the page under one heading; one that has nothing but text is left out."""

    title: str
    text: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    """SVG."""
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()
    """Shown when asked for."""
    notes: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        return bool(self.pictures or self.notes or any(table.rows for table in (*self.tables, *self.folded)))


@dataclass(frozen=True)
class Trials:
    """What was tried before there was a challenger."""

    candidates: Table
    pictures: tuple[str, ...] = ()
    """SVG."""


@dataclass(frozen=True)
class Labels:
    """What is told of the labels that were learned from."""

    said: tuple[str, ...]
    suspects: Table


@dataclass(frozen=True)
class Told:
    """What is told of a challenger beside its verdict."""

    tried: Trials
    labels: Labels | None
    """None: nobody asked."""
    explained: Explained
    provenance: Provenance


def sections(verdict: Verdict, drawn: Mapping[str, str], told: Told) -> list[Section]:
    """Return the parts that have something to tell, in the order in which a reader asks for them."""
    return [section for section in _all(verdict, drawn, told) if section.tells]


def _all(verdict: Verdict, drawn: Mapping[str, str], told: Told) -> Iterator[Section]:
    tried, explained = told.tried, told.explained
    yield _difference(verdict, drawn)
    yield Section("Gates", tables=(tables.gates(verdict), tables.floors(verdict)))
    yield Section("Metrics", tables=(tables.metrics(verdict),))
    yield Section("Curves", pictures=_drawn(drawn, *_CURVES))
    yield _slices(verdict, drawn)
    yield _calibration(verdict)
    yield Section("Fairness", tables=(tables.fairness(verdict),))
    yield Section("Leakage", tables=(tables.leaks(verdict),))
    yield Section(
        "Rows and method", tables=(tables.judged_rows(verdict), tables.method(verdict), tables.costs(verdict))
    )
    yield Section("What was tried, and chosen on validation", pictures=tried.pictures, tables=(tried.candidates,))
    if told.labels:
        yield Section("Labels of train", notes=told.labels.said, tables=(told.labels.suspects,))
    yield Section(
        "What the challenger looks at",
        explained.text,
        (*_drawn(drawn, "importance"), *explained.pictures.values()),
        (explained.rows,),
        notes=explained.notes,
    )
    yield Section("Data and lineage", tables=(Table("What this version rests on", ("what", "value"), told.provenance),))


def _difference(verdict: Verdict, drawn: Mapping[str, str]) -> Section:
    c, margin = verdict.deciding, allowed_loss(verdict)
    level = f"The bar holds the true difference in {c.level:.0%} of such comparisons; the dot is what these rows show."
    line = f"The dashed line is the margin: a loss of {figure(margin)} still counts as not worse." if margin else ""
    but = "That does not carry it: why it is refused all the same stands at the top of this page."
    refused = but if verdict.outcome in ("better", "not_worse") and not verdict.promotable else ""
    text = (_reading(verdict), refused, level, line) if "interval" in drawn else ()
    return Section(
        f"The difference to the {verdict.rival}",
        tuple(sentence for sentence in text if sentence),
        _drawn(drawn, "interval"),
        (tables.comparisons(verdict),),
    )


def _reading(verdict: Verdict) -> str:
    """Return what the picture of the difference shows, for somebody who has never seen one."""
    c, margin = verdict.deciding, allowed_loss(verdict)
    line = "dashed line" if margin else "line at 0"
    match verdict.outcome:
        case "better":
            return "The whole bar lies to the right of 0: the challenger is better, and not by chance."
        case "not_worse":
            return f"The whole bar lies to the right of the {line}: a loss beyond it is ruled out; a gain is not shown."
        case "worse":
            return f"The whole bar lies to the left of the {line}: the challenger is worse, and not by chance."
    if c.low <= -margin <= c.high:
        return f"The bar reaches to both sides of the {line}: these rows cannot tell on which side the truth lies."
    return "The bar rests on too little to decide anything, wherever it lies."


def _slices(verdict: Verdict, drawn: Mapping[str, str]) -> Section:
    untested = [
        f"{slice_name(report.column, result)}: not testable, {result.not_testable} ({result.rows:,} rows)"
        for report in verdict.slices
        for result in report.results
        if not result.comparison
    ]
    return Section(
        "Slices",
        _about_slices(verdict),
        _drawn(drawn, "forest"),
        folded=tuple(tables.slices(verdict)),
        notes=tuple(untested),
    )


def _about_slices(verdict: Verdict) -> tuple[str, ...]:
    if verdict.comparison is None:
        return ("While there is no champion, slices are reported, and decide nothing.",)
    decided = (
        f"A slice counts as worse when its loss is shown to be larger than {figure(verdict.slice_margin)}, with all "
        "slices taken together: the more of them are looked at, the more it takes to accuse one. It is drawn in red, "
        "with a square."
    )
    found = (
        "Slices found by search were declared by nobody: half of the days were searched for where the challenger does "
        "worst, and the other half tested what was found. Their dots are hollow."
    )
    return (decided, found) if any(report.column == FOUND for report in verdict.slices) else (decided,)


def _calibration(verdict: Verdict) -> Section:
    text = "When a calibrated model says 30 %, it happens in 30 % of cases. The error is how far off that is."
    return Section("Calibration", (text,), tables=(tables.calibrations(verdict),))


def _drawn(drawn: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """Return those of the pictures that could be drawn."""
    return tuple(drawn[name] for name in names if name in drawn)
