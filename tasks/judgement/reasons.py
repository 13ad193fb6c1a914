"""Why the gate decided as it did, in sentences that a person can act on."""

from tasks.judgement.comparison import Comparison
from tasks.judgement.verdict import Verdict
from tasks.judgement.wording import about, facts, figure, times
from tasks.spec import GateSpec

_MOST_GROWTH = 1000
"""How many times the rows of a holdout it still makes sense to ask for."""


def explain(verdict: Verdict, gate: GateSpec) -> tuple[str, ...]:
    """Return the reasons, the decisive one first."""
    own = _outcome(verdict, gate)
    stopped = [check.sentence for check in verdict.checks if check.stops]
    notes = [*(f"Warning: {check.sentence}" for check in verdict.checks if check.warns), *_notes(verdict, gate)]
    if _comes_first(verdict):
        stopped[0] = f"Refused: {stopped[0]}"
        return (*stopped, own, *notes)
    return (own, *stopped, *notes)


def _comes_first(verdict: Verdict) -> bool:
    """Say whether a gate that failed is the decisive reason: more rows, which an open outcome asks for, do not mend it.

    They may mend a baseline that is not beaten.
    """
    failed = {check.gate for check in verdict.checks if check.stops}
    return bool(failed - {"baseline"} if verdict.outcome == "undecided" else failed) and verdict.outcome != "worse"


def more_rows(comparison: Comparison, effect: float) -> int | None:
    """Return about how many rows more would show a true difference of ``effect``; None if these could have.

    The spread of a difference shrinks with the root of the rows, so rows · (smallest visible / effect)² are
    needed in all.
    """
    needed = comparison.rows * (comparison.smallest_visible / effect) ** 2 - comparison.rows
    return about(needed) if needed > 0 else None


def _outcome(verdict: Verdict, gate: GateSpec) -> str:
    """Return the sentence that gives the outcome and what it rests on."""
    c = verdict.deciding
    if c.rows < gate.min_rows:
        return (
            f"Undecided: {c.rows:,} unseen labelled rows; gate.min_rows = {gate.min_rows:,}, "
            f"{gate.min_rows - c.rows:,} more are needed{_for_the_margin(verdict)}{_seen(verdict)}"
        )
    if not c.usable:
        return f"Undecided: {_unusable(c)}"
    known = f"{facts(c, verdict.rival)} of {verdict.holdout.days} days"
    alone = "" if verdict.comparison else "; there is no champion yet"
    match verdict.outcome:
        case "better":
            return f"Better: {known}{alone}"
        case "worse":
            return f"Worse: {known}{_below_margin(verdict)}{alone}"
        case "not_worse" if gate.rule == "not_worse":
            return f"Not worse: {known}, within the margin of {figure(verdict.margin)}; {_tie(c)}"
        case "not_worse":
            return f'Refused: gate.rule = "better", and it is only not worse: {known}; {_advice(verdict, gate)}'
    return f"Undecided: {known}{alone}; {_advice(verdict, gate)}"


def _for_the_margin(verdict: Verdict) -> str:
    """Say how many rows would show a difference as large as the margin, as far as these few can tell."""
    c = verdict.deciding
    if not c.usable or c.error == 0 or verdict.margin == 0:
        return ""
    rows = more_rows(c, verdict.margin)
    return f", about {rows:,} to see a difference of {figure(verdict.margin)}" if rows else ""


def _seen(verdict: Verdict) -> str:
    held = verdict.holdout
    left_out = (
        (held.seen_rows_removed, "the champion has seen them"),
        (held.worn_rows_removed, "they have judged often"),
    )
    why = [f"{count:,} others do not count, because {reason}" for count, reason in left_out if count]
    return f"; {', '.join(why)}" if why else ""


def _unusable(c: Comparison) -> str:
    if c.dropped:
        return (
            f"{c.label} could not be computed on {c.dropped:,} of {c.resamples:,} resamples, "
            f"most likely for want of rows of one class"
        )
    return f"{c.label} cannot be computed on these {c.rows:,} rows; are they all of one class?"


def _tie(c: Comparison) -> str:
    return "the two models predict the same" if c.identical else "the fresher model wins a tie"


def _below_margin(verdict: Verdict) -> str:
    return f", beyond the margin of {figure(verdict.margin)}" if verdict.comparison and verdict.margin else ""


def _advice(verdict: Verdict, gate: GateSpec) -> str:
    """Say what would decide the matter: more rows, another margin, or nothing."""
    c = verdict.deciding
    by_margin = verdict.comparison is not None and gate.rule == "not_worse" and verdict.margin > 0
    effect = verdict.margin if by_margin else c.difference
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


def _notes(verdict: Verdict, gate: GateSpec) -> list[str]:
    """Return what a reader must know to weigh the rest."""
    notes, held = [], verdict.holdout
    if verdict.holdout.rows == verdict.deciding.blocks and gate.block != "row" and held.rows >= gate.min_rows:
        notes.append(
            f"{held.days} days are too few to tell what days have in common: rows were taken as independent, "
            f"so the interval is likely too short"
        )
    if verdict.alpha < gate.alpha:
        notes.append(
            f"These rows have judged {times(held.uses)} before on average, so {verdict.alpha:.2g} "
            f"is left of alpha = {gate.alpha:g}"
        )
    return notes
