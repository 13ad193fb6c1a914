"""What became of the predictions: a loss, what only looks like one, and what is not known yet."""

from collections.abc import Iterator
from itertools import pairwise

from tasks.monitoring.realised import Realised
from tasks.monitoring.triage.case import Case
from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.view import View
from tasks.monitoring.triage.wording import percent, worth

_UNLABELLED = 0.1
"""So many more rows than usual lack their label: those that have one are not like the rest."""
_AWAITED = 0.35
"""Without rows to compare with: so many labels are still to come."""
_GRADUAL_CHECKS = 3
"""A loss has grown gradually if it has over so many known checks, this one included."""
_STEP = 0.6
"""Of the whole growth, a larger share at once is a step."""


def label_delay(view: View) -> Iterator[Finding]:
    """Yield a finding when labels are missing that usually are there by now: early ones are not like the rest."""
    found = view.case.performance
    if found is None or not view.case.loses:
        return
    missing = _unlabelled(found, view)
    without = found.awaited + found.unlabelled
    late = without / max(without + found.matured, 1)
    if missing > _UNLABELLED or late > _AWAITED:
        share = max(missing, late)
        sentence = (
            f"watch: {percent(share)} of the window's labels have not come, more than usual, and early ones are not "
            f"like the rest: whether {found.metric} is worse is not yet known; look at the feed of labels"
        )
        yield Finding("label_delay", "watch", (view.case.columns.target,), share, 0.9, sentence)


def loss(view: View) -> Iterator[Finding]:
    """Yield a finding when the champion is worse than promised, and not by chance."""
    found = view.case.performance
    if found is None or found.loss is None or not view.case.loses:
        return
    gradual = _has_grown(view.case, found.loss)
    kind, how = ("gradual_drift", "gradually, over the last checks") if gradual else ("abrupt_drift", "at once")
    sentence = f"retrain: {worth(found)}; the loss came {how}, and no broken feed explains it"
    yield Finding("gradual_drift" if kind == "gradual_drift" else "abrupt_drift", "retrain", (), 1.0, 1.0, sentence)


def loss_unknown(view: View) -> Iterator[Finding]:
    """Yield a finding when something alarms and what the predictions are worth is not yet known."""
    found = view.case.performance
    alarmed = any(signal.alarmed for signal in view.case.signals)
    if alarmed and (found is None or found.loss is None or found.loss_low is None):
        awaited = f": {found.awaited:,} labels are still to come" if found and found.awaited else ""
        yield Finding(
            "loss_unknown", "watch", (), 0.0, 0.5, f"watch: whether it costs anything is not yet known{awaited}"
        )


def _unlabelled(found: Realised, view: View) -> float:
    """Return how much larger the share of rows without a label is than usual; 0: what is usual is not known."""
    rows = found.matured + found.unlabelled
    if found.delays is not None and found.delays.share is not None and rows:
        return found.unlabelled / rows - (1 - found.delays.share)
    target, case = view.case.columns.target, view.case
    tables = [case.current, case.reference if case.before is None else case.before]
    if not all(target in table.column_names and table.num_rows for table in tables):
        return 0.0
    now, usual = (table.column(target).null_count / table.num_rows for table in tables)
    return float(now - usual)


def _has_grown(case: Case, now: float) -> bool:
    """Say whether the loss grew over the known checks and in no step that makes up most of it."""
    losses = [check.loss for check in case.past if check.loss is not None] + [now]
    recent = losses[-max(_GRADUAL_CHECKS, len(losses[-8:])) :]
    if len(recent) < _GRADUAL_CHECKS:
        return False
    growth = recent[-1] - recent[0]
    return growth > 0 and max(after - before for before, after in pairwise(recent)) < _STEP * growth
