"""Why the gate decided as it did, in sentences that a person can act on."""

from math import ceil, floor, isfinite, log10

from tasks.judgement.verdict import Comparison, FloorCheck, Verdict
from tasks.metrics import METRICS
from tasks.spec import GateSpec

_MOST_GROWTH = 1000
"""How many times the rows of a holdout it still makes sense to ask for."""


def explain(verdict: Verdict, gate: GateSpec) -> tuple[str, ...]:
    """Return the reasons, the decisive one first."""
    own = _outcome(verdict, gate)
    broken = [*_baseline_reasons(verdict), *_floor_reasons(verdict)]
    if verdict.outcome in ("better", "not_worse") and broken:
        broken[0] = f"Refused: {broken[0]}"
        return (*broken, own, *_notes(verdict, gate))
    return (own, *broken, *_notes(verdict, gate))


def facts(comparison: Comparison, rival: str, days: int) -> str:
    """Return the comparison in one line: both values, the gain and its interval, what it rests on."""
    c, show = comparison, number_format(comparison)
    return (
        f"{c.label} {c.challenger:{show}} against the {rival}'s {c.rival:{show}}, "
        f"gain {c.difference:+{show}} [{c.low:+{show}}, {c.high:+{show}}] on {c.rows:,} rows of {days} days"
    )


def number_format(comparison: Comparison) -> str:
    """Return the format that shows two or three digits of the interval's width, whatever the metric's unit."""
    width = comparison.high - comparison.low
    if not isfinite(width) or width <= 0:
        return ",.4f"
    return f",.{min(max(2 - round(log10(width)), 0), 12)}f"


def more_rows(comparison: Comparison, effect: float) -> int | None:
    """Return about how many rows more would show a true difference of ``effect``; None if these could have.

    The spread of a difference shrinks with the root of the rows, so rows · (smallest visible / effect)² are
    needed in all. Two digits: it is an estimate.
    """
    needed = comparison.rows * (comparison.smallest_visible / effect) ** 2 - comparison.rows
    if not needed > 0:
        return None
    unit = int(10 ** max(floor(log10(needed)) - 1, 0))
    return ceil(needed / unit) * unit


def _outcome(verdict: Verdict, gate: GateSpec) -> str:
    """Return the sentence that gives the outcome and what it rests on."""
    c = verdict.deciding
    if c.rows < gate.min_rows:
        return (
            f"Undecided: {c.rows:,} unseen labelled rows; gate.min_rows = {gate.min_rows:,}, "
            f"{gate.min_rows - c.rows:,} more are needed{_seen(verdict)}"
        )
    if not c.usable:
        return f"Undecided: {_unusable(c)}"
    known = facts(c, verdict.rival, verdict.holdout.days)
    alone = "" if verdict.comparison else "; there is no champion yet"
    match verdict.outcome:
        case "better":
            return f"Better: {known}{alone}"
        case "worse":
            return f"Worse: {known}{_below_margin(gate, verdict)}{alone}"
        case "not_worse" if gate.rule == "not_worse":
            return f"Not worse: {known}, within the margin of {gate.margin:g}; {_tie(c)}"
        case "not_worse":
            return f'Refused: gate.rule = "better", and it is only not worse: {known}; {_advice(verdict, gate)}'
    return f"Undecided: {known}{alone}; {_advice(verdict, gate)}"


def _seen(verdict: Verdict) -> str:
    removed = verdict.holdout.seen_rows_removed
    return f"; {removed:,} others do not count, because the champion has seen them" if removed else ""


def _unusable(c: Comparison) -> str:
    if c.dropped:
        return (
            f"{c.label} could not be computed on {c.dropped:,} of {c.resamples:,} resamples, "
            f"most likely for want of rows of one class"
        )
    return f"{c.label} cannot be computed on these {c.rows:,} rows; are they all of one class?"


def _tie(c: Comparison) -> str:
    return "the two models predict the same" if c.identical else "the fresher model wins a tie"


def _below_margin(gate: GateSpec, verdict: Verdict) -> str:
    return f", beyond the margin of {gate.margin:g}" if verdict.comparison and gate.margin else ""


def _advice(verdict: Verdict, gate: GateSpec) -> str:
    """Say what would decide the matter: more rows, another margin, or nothing."""
    c = verdict.deciding
    by_margin = verdict.comparison is not None and gate.rule == "not_worse" and gate.margin > 0
    effect = gate.margin if by_margin else c.difference
    if c.identical:
        return "the two models predict the same; equal is enough only for rule not_worse with a margin above 0"
    if effect <= 0:
        return "nothing speaks for a gain"
    seen = f"a difference of {effect:.2g}"
    if effect * _MOST_GROWTH**0.5 < c.smallest_visible:
        return f"{seen} is too small to be seen: it would take over {_MOST_GROWTH:,} times these rows"
    if rows := more_rows(c, effect):
        return f"to see {seen}, about {rows:,} more labelled rows are needed"
    return f"{seen} would have shown on these rows, so more of them will hardly decide it"


def _baseline_reasons(verdict: Verdict) -> list[str]:
    if verdict.comparison is None or verdict.baseline.beaten or not verdict.baseline.usable:
        return []
    return [f"the naive baseline is not beaten: {facts(verdict.baseline, 'baseline', verdict.holdout.days)}"]


def _floor_reasons(verdict: Verdict) -> list[str]:
    return [_broken(check) for check in verdict.floors if not check.passed]


def _broken(check: FloorCheck) -> str:
    metric = METRICS[check.metric]
    side = "below" if metric.direction == "higher" else "above"
    return f"{metric.label} {check.value:,.4f} is {side} gate.floors.{metric.name} = {check.limit:g}"


def _notes(verdict: Verdict, gate: GateSpec) -> list[str]:
    """Return what a reader must know to weigh the rest."""
    notes, held = [], verdict.holdout
    if verdict.deciding.method == "paired bootstrap over rows" and held.rows >= gate.min_rows:
        notes.append(
            f"{held.days} days are too few to draw days: rows were drawn as if independent, "
            f"so the interval is likely too short"
        )
    return notes
