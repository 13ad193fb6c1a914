"""Signals about a window as a whole: rows that came twice, late or broken, and the age of the champion."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.data.contract import Contract
from tasks.data.validation import validate
from tasks.data.window import write_time
from tasks.errors import DataRefused
from tasks.monitoring.drift import unmeasurable
from tasks.monitoring.realised import Realised
from tasks.monitoring.signal import Signal, SignalKind
from tasks.monitoring.windows import Seen
from tasks.spec import ModelSpec

_DUPLICATES = 0.001
"""Share of rows: a key names a row, so that there should be none."""
_NINETY = 1.645


@dataclass(frozen=True)
class Broken:
    """Rows of a window that break the contract."""

    share: float
    reasons: tuple[tuple[str, int], ...]
    """With the rows of each, most first."""
    refusal: str
    """Why none of them can be used at all; empty: some can."""


def broken_rows(seen: Seen, contract: Contract) -> Broken:
    """Return which rows of the window's sample break ``contract``."""
    if seen.sample is None or seen.sample.num_rows == 0:
        return Broken(0.0, (), "")
    try:
        found = validate(seen.sample, contract)
    except DataRefused as refusal:
        return Broken(1.0, (), str(refusal))
    return Broken(found.share_quarantined, found.failures, "")


def upkeep_signals(seen: Seen, broken: Broken, spec: ModelSpec, as_of: datetime) -> Iterator[Signal]:
    """Yield what is to be said of the rows of ``seen`` as a whole."""
    twice = seen.duplicates / max(seen.rows, 1)
    yield _share("duplicates", twice, _DUPLICATES, f"{seen.duplicates:,} rows have a key that another row has")
    yield _share("quarantine", broken.share, spec.contract.max_quarantined, _of_broken(broken))
    if seen.newest is not None:
        yield _freshness(as_of - seen.newest, spec.contract.max_age)
    for name in seen.absent:
        yield unmeasurable(name, "the source has no such column any more")


def age_signal(trained: datetime, as_of: datetime) -> Signal:
    """Return how old the champion is: reported, and no alarm."""
    days = (as_of - trained) / timedelta(days=1)
    said = f"the champion learned from rows before {write_time(trained)}, {days:.0f} days ago"
    return Signal("age", None, days, days, days, None, "up", "days", said)


def performance_signal(found: Realised, *, chance: float) -> Signal | None:
    """Return whether the loss is more than a champion as good as promised shows with probability ``chance``.

    None: not yet known. The interval of ``found`` is taken for that of a normal distribution.
    """
    if found.loss is None or found.loss_low is None or found.loss_high is None:
        return None
    from scipy.stats import norm

    error = max((found.loss_high - found.loss_low) / (2 * _NINETY), 1e-12)
    threshold = float(norm.isf(chance)) * error
    return Signal(
        kind="performance",
        column=None,
        score=found.loss,
        low=found.loss_low,
        high=found.loss_high,
        threshold=threshold,
        direction="up" if found.loss > 0 else "down",
        unit=f"loss of {found.metric}",
        sentence=f"{found.metric} {found.value:.4f} on {found.matured:,} matured rows, {found.promised:.4f} promised; "
        f"{'worse' if found.loss > 0 else 'better'} by {abs(found.loss):.4f}, threshold {threshold:.4f}",
    )


def _share(kind: SignalKind, share: float, threshold: float, said: str) -> Signal:
    return Signal(kind, None, share, share, share, threshold, "up", "share of rows", f"{said}; {share:.1%} of rows")


def _of_broken(broken: Broken) -> str:
    if broken.refusal:
        return broken.refusal
    listed = ", ".join(f"{reason} ({count:,})" for reason, count in broken.reasons[:3])
    return f"rows that break the contract: {listed}" if listed else "no row breaks the contract"


def _freshness(age: timedelta, allowed: timedelta | None) -> Signal:
    hours = age / timedelta(hours=1)
    threshold = allowed / timedelta(hours=1) if allowed else None
    said = f"the newest row is {hours:.1f} hours old" + (f"; {threshold:.0f} are allowed" if threshold else "")
    return Signal("freshness", None, hours, hours, hours, threshold, "up", "hours", said)
