"""A verdict as text: a few lines for a terminal, a page for the Prefect UI, rows for a table."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from tasks.data.window import write_time
from tasks.judgement import tables
from tasks.judgement.intervals import Slice, compared, slice_name
from tasks.judgement.table import Table
from tasks.judgement.verdict import Check, HoldoutFacts, Verdict
from tasks.judgement.wording import gain, interval, show
from tasks.markdown import cell, escape, one_line

_MOST_REASONS = 4
_WORST = 3
"""Slices that a terminal shows."""


def lines(verdict: Verdict) -> list[str]:
    """Return about ten lines: the reasons, both models' values, the rows, the gates, slices, calibration and leaks."""
    found = [
        *_first(verdict.reasons),
        _values(verdict),
        _rests_on(verdict.holdout),
        *_gates(verdict.checks),
        *_slices(verdict),
        *_calibration(verdict),
        *_leaks(verdict),
    ]
    return [one_line(text) for text in found]


def markdown(verdict: Verdict) -> str:
    """Return the whole verdict as a page."""
    headline, *more = (escape(reason) for reason in verdict.reasons)
    decision = "may be promoted" if verdict.promotable else "may not be promoted"
    parts = [
        f"## {headline}",
        f"The challenger **{decision}**. {_rests_on(verdict.holdout)}.",
        "\n".join(f"- {reason}" for reason in more),
        *(_section(table) for table in _tables(verdict) if table.rows),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def slice_table(verdict: Verdict) -> list[dict[str, str | int]]:
    """Return one row for each slice, as Prefect's table artifact takes them."""
    return [
        {
            "column": report.column,
            **dict(zip(tables.slice_head(verdict.rival), tables.slice_row(result), strict=True)),
            "rows": result.rows,
        }
        for report in verdict.slices
        for result in report.results
    ]


def _first(reasons: Sequence[str]) -> Iterator[str]:
    yield from reasons[:_MOST_REASONS]
    if len(reasons) > _MOST_REASONS:
        yield f"and {len(reasons) - _MOST_REASONS} more reasons, in the report"


def _values(verdict: Verdict) -> str:
    metric = verdict.deciding.metric
    return f"{verdict.deciding.label}: " + ", ".join(
        f"{name} {show(found[metric])}" for name, found in tables.models(verdict)
    )


def _rests_on(held: HoldoutFacts) -> str:
    start = f"{write_time(held.start)} to " if held.start else "up to "
    left_out = [
        f"{count:,} {why}"
        for count, why in (
            (held.seen_rows_removed, "seen by the champion"),
            (held.worn_rows_removed, "worn out by earlier verdicts"),
            (held.unlabelled_rows, "not labelled"),
        )
        if count
    ]
    also = f"; left out: {', '.join(left_out)}" if left_out else ""
    used = f"; used {held.uses:.1f} times before on average" if held.uses else ""
    return f"Judged on {held.rows:,} rows of {held.days} days, {start}{write_time(held.end)}{also}{used}"


def _gates(checks: Sequence[Check]) -> Iterator[str]:
    if checks:
        ordered = sorted(checks, key=_urgency)
        groups = ((status, [check.gate for check in found]) for status, found in groupby(ordered, lambda c: c.status))
        yield "Gates: " + "; ".join(f"{status}: {', '.join(names)}" for status, names in groups)


def _urgency(check: Check) -> int:
    return ("error", "failed", "not testable", "passed", "no limit").index(check.status)


def _slices(verdict: Verdict) -> Iterator[str]:
    found = sorted(compared(verdict), key=lambda part: not part.result.regressed)
    blind = [slice_name(r.column, result) for r in verdict.slices for result in r.results if not result.comparison]
    shown = [_slice(part) for part in found[:_WORST]]
    more = [f"{len(found) - _WORST} more"] if len(found) > _WORST else []
    untested = [f"{len(blind)} not testable"] if blind else []
    if found or blind:
        yield f"Slices, the worst first: {', '.join([*shown, *more, *untested])}"


def _slice(part: Slice) -> str:
    worse = "worse, " if part.result.regressed else ""
    return f"{part.name} {worse}{gain(part.comparison)} [{interval(part.comparison)}]"


def _calibration(verdict: Verdict) -> Iterator[str]:
    if c := verdict.calibration:
        rival = f"; champion {verdict.champion_calibration.error:.3f}" if verdict.champion_calibration else ""
        known = f"{c.error:.3f} [{c.low:.3f} to {c.high:.3f}]{rival}; by chance alone {c.by_chance:.3f}"
        yield f"Calibration error: challenger {known}"


def _leaks(verdict: Verdict) -> Iterator[str]:
    if verdict.leaks:
        yield "Leaks: " + ", ".join(
            f"{leak.column or leak.kind.replace('_', ' ')} ({leak.severity})" for leak in verdict.leaks
        )


def _tables(verdict: Verdict) -> list[Table]:
    return [
        tables.comparisons(verdict),
        tables.gates(verdict),
        tables.metrics(verdict),
        tables.floors(verdict),
        *tables.slices(verdict),
        tables.calibrations(verdict),
        tables.fairness(verdict),
        tables.leaks(verdict),
        tables.judged_rows(verdict),
        tables.costs(verdict),
        tables.method(verdict),
    ]


def _section(table: Table) -> str:
    rows = [table.head, ("---",) * len(table.head), *([cell(value) for value in row] for row in table.rows)]
    return "\n".join([f"### {escape(table.caption)}", "", *(f"| {' | '.join(row)} |" for row in rows)])
