"""The facts of a verdict as tables: the page and the markdown show the same ones."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan

from tasks.data.window import Window
from tasks.judgement.slices import FOUND
from tasks.judgement.table import Table
from tasks.judgement.verdict import Check, SliceReport, SliceResult, Status, Verdict
from tasks.judgement.wording import NOTHING, gain, interval, show, visible
from tasks.metrics import find_metric

_SIGNS: Mapping[Status, str] = {"passed": "✓", "failed": "✕", "error": "!", "not testable": "?", "no limit": "·"}


def models(verdict: Verdict) -> list[tuple[str, dict[str, float]]]:
    """Return the models that were judged, each with its metrics."""
    champion = verdict.champion_metrics
    name = "champion" if verdict.champion_version is None else f"champion (version {verdict.champion_version})"
    return [
        ("challenger", verdict.challenger_metrics),
        *([] if champion is None else [(name, champion)]),
        ("baseline", verdict.baseline_metrics),
    ]


def gates(verdict: Verdict) -> Table:
    rows = [
        (check.gate, f"{_SIGNS[check.status]} {check.status}", _effect(check), check.sentence)
        for check in verdict.checks
    ]
    striking = [number for number, check in enumerate(verdict.checks) if check.stops or check.warns]
    return _table("What each further gate found", ("gate", "status", "what it does", "finding"), rows, striking)


def metrics(verdict: Verdict) -> Table:
    judged = models(verdict)
    rows = [
        (find_metric(name).label, *(show(found[name]) for _, found in judged), find_metric(name).direction)
        for name in verdict.challenger_metrics
    ]
    caption = f"Every metric on the same rows; {verdict.deciding.label} decides"
    return _table(caption, ("metric", *(name for name, _ in judged), "better is"), rows)


def comparisons(verdict: Verdict) -> Table:
    c = verdict.deciding
    pairs = [("champion", verdict.comparison), ("baseline", verdict.baseline)]
    rows = [(name, gain(pair), interval(pair), visible(pair)) for name, pair in pairs if pair]
    head = ("against", "gain", f"{c.level:.0%} interval", "smallest visible gain")
    return _table(f"The challenger's gain in {c.label}, paired on the same rows", head, rows)


def floors(verdict: Verdict) -> Table:
    rows = [
        (find_metric(floor.metric).label, f"{floor.limit:g}", show(floor.value), "held" if floor.passed else "broken")
        for floor in verdict.floors
    ]
    broken = [number for number, floor in enumerate(verdict.floors) if not floor.passed]
    return _table(
        "Floors: limits that hold whatever the champion does", ("metric", "limit", "challenger", "so"), rows, broken
    )


def slices(verdict: Verdict) -> list[Table]:
    """Return a table for each column, the worst value first."""
    return [_slices(report, verdict) for report in verdict.slices]


def slice_head(rival: str) -> tuple[str, ...]:
    return "value", "rows", "positives", "challenger", rival, "gain", "interval", "so"


def slice_row(result: SliceResult) -> tuple[str, ...]:
    """Return the cells of one slice, as ``slice_head`` names them."""
    positives, c = "" if result.positives is None else f"{result.positives:,}", result.comparison
    if c is None:
        return result.value, f"{result.rows:,}", positives, *4 * (NOTHING,), f"not testable: {result.not_testable}"
    so = "reported" if result.p is None else "worse" if result.regressed else "not shown to be worse"
    return result.value, f"{result.rows:,}", positives, show(c.challenger), show(c.rival), gain(c), interval(c), so


def calibrations(verdict: Verdict) -> Table:
    measured = [("challenger", verdict.calibration), ("champion", verdict.champion_calibration)]
    rows = [
        (name, f"{c.error:.4f}", f"{c.low:.4f} to {c.high:.4f}", f"{c.by_chance:.4f}", f"{c.rows:,}")
        for name, c in measured
        if c
    ]
    head = ("model", "error", f"{verdict.deciding.level:.0%} interval", "by chance alone", "rows")
    return _table("How far probabilities are off, on average over rows", head, rows)


def fairness(verdict: Verdict) -> Table:
    rows = [
        (
            f"{rate.column} = {rate.value}",
            rate.rate,
            f"{rate.rows:,}",
            show(rate.group, 3),
            show(rate.others, 3),
            show(rate.difference, 3, sign="+"),
            NOTHING if isnan(rate.low) else f"{rate.low:+.3f} to {rate.high:+.3f}",
            "too far apart" if rate.beyond else "",
        )
        for rate in verdict.fairness
    ]
    beyond = [number for number, rate in enumerate(verdict.fairness) if rate.beyond]
    head = ("group", "rate", "rows", "group's", "all others'", "difference", "interval", "so")
    return _table("How often the challenger selects rows of each group", head, rows, beyond)


def leaks(verdict: Verdict) -> Table:
    words = {"refuse": "stops a promotion", "warn": "to be looked at"}
    rows = [
        (words[leak.severity], leak.kind.replace("_", " "), leak.column or NOTHING, f"{leak.figure:.4g}", leak.sentence)
        for leak in verdict.leaks
    ]
    certain = [number for number, leak in enumerate(verdict.leaks) if leak.severity == "refuse"]
    return _table(
        "Where labels may leak into features", ("severity", "kind", "column", "figure", "finding"), rows, certain
    )


def judged_rows(verdict: Verdict) -> Table:
    held = verdict.holdout
    counts = [
        ("that the champion had seen, and that were taken out", held.seen_rows_removed),
        ("that had judged as often as the spec allows, and were taken out", held.worn_rows_removed),
        ("without a label yet", held.unlabelled_rows),
    ]
    rows = [
        ("rows that judged", f"{held.rows:,}"),
        ("days", f"{held.days:,}"),
        ("window, UTC", window(verdict)),
        *((f"rows {what}", f"{count:,}") for what, count in counts),
        ("verdicts that these rows had served for before, on average", f"{held.uses:.3g}"),
        ("alpha left for this verdict", f"{verdict.alpha:.3g}"),
    ]
    return _table("The rows that judged, and those that could not", ("what", "figure"), rows)


def method(verdict: Verdict) -> Table:
    c = verdict.deciding
    rows = [
        ("method", c.method),
        ("taken as independent of each other", f"{c.blocks:,} blocks" if c.blocks < c.rows else f"{c.blocks:,} rows"),
        ("resamples", f"{c.resamples:,}" if c.resamples else "none: this method draws none"),
        ("seed", str(c.seed)),
        ("interval", f"{c.level:.0%}: either end alone is a bound at {(1 + c.level) / 2:.0%}"),
        ("smallest true difference that would have been seen in four cases of five", visible(c)),
    ]
    return _table("How the difference was measured", ("what", "figure"), rows)


def costs(verdict: Verdict) -> Table:
    cost, twin = verdict.cost, verdict.stability
    measured = (
        [
            ("one row alone", f"{cost.latency_ms:.2g} ms"),
            ("a row of many", f"{cost.batch_us:.2g} µs"),
            ("size of the artifact", f"{cost.megabytes:.2g} MB"),
        ]
        if cost
        else []
    )
    label = verdict.deciding.label
    other = (
        [(f"{label} of the same recipe with another seed", f"{show(twin.twin)}, not {show(twin.value)}")]
        if twin
        else []
    )
    return _table(
        "What a prediction takes, in a fresh process, and what chance changes", ("what", "figure"), measured + other
    )


def window(verdict: Verdict) -> str:
    return str(Window(verdict.holdout.start, verdict.holdout.end))


def _slices(report: SliceReport, verdict: Verdict) -> Table:
    more = f"; {report.left_out:,} smaller values are not shown" if report.left_out else ""
    caption = f"Slices {FOUND}" if report.column == FOUND else f"By {report.column}, the worst first{more}"
    rows = [slice_row(result) for result in report.results]
    worse = [number for number, result in enumerate(report.results) if result.regressed]
    return _table(caption, slice_head(verdict.rival), rows, worse)


def _effect(check: Check) -> str:
    if check.status == "no limit":
        return "reports"
    if check.mode == "warn":
        return "warns"
    return "stops this promotion" if check.stops else "can stop a promotion"


def _table(caption: str, head: Sequence[str], rows: Iterable[tuple[str, ...]], striking: Iterable[int] = ()) -> Table:
    return Table(caption, tuple(head), tuple(rows), frozenset(striking))
