"""A verdict as text: a few lines for a terminal, a page for the Prefect UI, rows for a table."""

from collections.abc import Iterable, Sequence
from math import isnan

from tasks.data.window import write_time
from tasks.judgement.reasons import number_format
from tasks.judgement.verdict import Comparison, HoldoutFacts, SliceReport, SliceResult, Verdict
from tasks.metrics import METRICS

_WORST = 3
"""Slices of one column that a terminal shows."""


def lines(verdict: Verdict) -> list[str]:
    """Return the reasons, the deciding metric of each model, what the verdict rests on, and the worst slices."""
    deciding = verdict.deciding
    values = "  ".join(f"{name} {_show(found[deciding.metric])}" for name, found in _models(verdict))
    slices = [_slice_line(report) for report in verdict.slices]
    return [*verdict.reasons, f"{deciding.label}: {values}", _rests_on(verdict.holdout), *slices]


def markdown(verdict: Verdict) -> str:
    """Return the whole verdict as a page."""
    headline, *more = verdict.reasons
    decision = "may be promoted" if verdict.promotable else "may not be promoted"
    parts = [
        f"## {headline}",
        f"The challenger **{decision}**. {_rests_on(verdict.holdout)}.",
        "\n".join(f"- {reason}" for reason in more),
        _metrics(verdict),
        f"### {verdict.deciding.label}, paired",
        _comparisons(verdict),
        _floors(verdict),
        *(_slice_section(report, verdict.rival) for report in verdict.slices),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def slice_table(verdict: Verdict) -> list[dict[str, str | int]]:
    """Return one row for each slice, as Prefect's table artifact takes them."""
    return [
        {"column": report.column, **dict(zip(_slice_head(verdict.rival), _slice_row(result), strict=True))}
        for report in verdict.slices
        for result in report.results
    ]


def _slice_line(report: SliceReport) -> str:
    shown = ", ".join(_slice_words(result) for result in report.results[:_WORST])
    more = len(report.results) - _WORST + report.left_out
    return f"By {report.column}, the worst first: {shown}" + (f", and {more} more" if more > 0 else "")


def _slice_words(result: SliceResult) -> str:
    value, c = " ".join(result.value.split()), result.comparison
    return f"{value} not testable" if c is None else f"{value} {_gain(c)} [{_interval(c)}]"


def _models(verdict: Verdict) -> list[tuple[str, dict[str, float]]]:
    """Return the models that were judged, each with its metrics."""
    champion = verdict.champion_metrics
    name = "champion" if verdict.champion_version is None else f"champion (version {verdict.champion_version})"
    return [
        ("challenger", verdict.challenger_metrics),
        *([] if champion is None else [(name, champion)]),
        ("baseline", verdict.baseline_metrics),
    ]


def _rests_on(held: HoldoutFacts) -> str:
    start = f"{write_time(held.start)} to " if held.start else "up to "
    left_out = [
        f"{count:,} {why}"
        for count, why in (
            (held.seen_rows_removed, "seen by the champion"),
            (held.unlabelled_rows, "not labelled"),
        )
        if count
    ]
    also = f"; left out: {', '.join(left_out)}" if left_out else ""
    return f"Judged on {held.rows:,} rows of {held.days} days, {start}{write_time(held.end)}{also}"


def _metrics(verdict: Verdict) -> str:
    models = _models(verdict)
    rows = [
        [METRICS[name].label, *(_show(found[name]) for _, found in models), METRICS[name].direction]
        for name in verdict.challenger_metrics
    ]
    return _table(["metric", *(name for name, _ in models), "better is"], rows)


def _comparisons(verdict: Verdict) -> str:
    c = verdict.deciding
    pairs = [("champion", verdict.comparison), ("baseline", verdict.baseline)]
    head = ["against", "gain", f"{c.level:.0%} interval", "smallest visible gain", "resamples"]
    rows = [[name, _gain(pair), _interval(pair), _visible(pair), f"{pair.resamples:,}"] for name, pair in pairs if pair]
    return f"{_table(head, rows)}\n\n{c.method[0].upper()}{c.method[1:]}, {c.blocks:,} of them, seed {c.seed}."


def _floors(verdict: Verdict) -> str:
    rows = [
        [METRICS[check.metric].label, f"{check.limit:g}", _show(check.value), "held" if check.passed else "broken"]
        for check in verdict.floors
    ]
    return "### Floors\n\n" + _table(["metric", "limit", "challenger", ""], rows) if rows else ""


def _slice_section(report: SliceReport, rival: str) -> str:
    more = f"\n\n{report.left_out:,} smaller values are not shown." if report.left_out else ""
    rows = [_slice_row(result) for result in report.results]
    return f"### By {report.column}\n\nReported, not decided on.\n\n{_table(_slice_head(rival), rows)}{more}"


def _slice_head(rival: str) -> list[str]:
    return ["value", "rows", "positives", "challenger", rival, "gain", "interval"]


def _slice_row(result: SliceResult) -> list[str | int]:
    positives = "" if result.positives is None else result.positives
    c = result.comparison
    if c is None:
        return [result.value, result.rows, positives, "", "", "", f"not testable: {result.not_testable}"]
    return [result.value, result.rows, positives, _show(c.challenger), _show(c.rival), _gain(c), _interval(c)]


def _show(value: float) -> str:
    return "–" if isnan(value) else f"{value:,.4f}"


def _gain(c: Comparison) -> str:
    return "–" if isnan(c.difference) else f"{c.difference:+{number_format(c)}}"


def _visible(c: Comparison) -> str:
    return "–" if isnan(c.smallest_visible) else f"{c.smallest_visible:{number_format(c)}}"


def _interval(c: Comparison) -> str:
    show = number_format(c)
    return "–" if isnan(c.low) else f"{c.low:+{show}} to {c.high:+{show}}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    body = [[_cell(value) for value in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in ([*head], ["---"] * len(head), *body))


def _cell(value: str | int) -> str:
    """Return ``value`` as the text of a cell: values of slices are data, and may hold anything."""
    if isinstance(value, int):
        return f"{value:,}"
    return " ".join(value.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
