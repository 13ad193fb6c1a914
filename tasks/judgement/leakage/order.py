"""Time: what trains lies before what judges, with its labels, and the champion has seen none of it."""

from collections.abc import Iterator

import numpy as np

from tasks.data.window import microseconds_of
from tasks.judgement.leakage.case import AuditCase, Leak, Severity
from tasks.judgement.leakage.wording import rows

_DAY = 86_400_000_000
_LITTLE = 0.01
"""Of the holdout's rows: less than this many are a blemish, not a reason to refuse."""


def time_order(case: AuditCase) -> Iterator[Leak]:
    """Yield a leak when rows of the holdout are not after those of train and validation."""
    before = np.concatenate([case.train.times, case.validation.times])
    held = case.holdout.times
    if len(before) == 0 or len(held) == 0 or held.min() > before.max():
        return
    early, late = int((held <= before.max()).sum()), int((before >= held.min()).sum())
    yield Leak(
        "time_order",
        "refuse",
        case.timestamp,
        early,
        f"{rows(early)} of the holdout are not later by {case.timestamp} than all that trained or chose, and "
        f"{rows(late)} of train and validation not earlier than all that judges: split by event time",
    )


def label_horizon(case: AuditCase) -> Iterator[Leak]:
    """Yield a leak when labels of train or validation arrived after the holdout had begun."""
    if len(case.holdout.times) == 0:
        return
    start = case.holdout.times.min()
    times = np.concatenate([case.train.times, case.validation.times])
    arrivals = np.concatenate([case.label_times(case.train), case.label_times(case.validation)])
    open_still = (times < start) & (arrivals > start)
    if not open_still.any():
        return
    count, days = int(open_still.sum()), float((arrivals - times)[open_still].max()) / _DAY
    delay = microseconds_of(case.label_delay) / _DAY
    yield Leak(
        "label_horizon",
        _severity(count, case),
        None,
        count,
        f"the labels of {rows(count)} of train and validation arrived after the holdout had begun, up to {days:.1f} "
        f"days after the event: the gap before the holdout is too short (source.label_delay is {delay:g} days)",
    )


def champion_saw_holdout(case: AuditCase) -> Iterator[Leak]:
    """Yield a warning when rows of the holdout's window had to be taken out because the champion has seen them."""
    seen = case.seen_by_champion
    if case.champion_named and seen:
        yield Leak(
            "champion_saw_holdout",
            "warn",
            None,
            seen,
            f"the champion had trained or chosen on {rows(seen)} of the holdout's window; they were taken out, and "
            f"{case.holdout.rows:,} are left to judge on",
        )


def _severity(count: int, case: AuditCase) -> Severity:
    return "refuse" if count >= _LITTLE * case.holdout.rows else "warn"
