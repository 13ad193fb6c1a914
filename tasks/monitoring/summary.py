"""A check in words: for a terminal, and for the Prefect UI."""

from collections.abc import Iterator, Sequence

from tasks.data.window import write_time
from tasks.markdown import cell, escape
from tasks.monitoring.check import Check
from tasks.monitoring.signal import Signal

_SHOWN = 12


def lines(check: Check) -> Iterator[str]:
    """Yield what a person reads first: the diagnosis, why, and what follows."""
    yield f"{check.model}, version {check.version}: {check.headline}"
    yield f"  window       {write_time(check.start)} to {write_time(check.as_of)} (UTC), {check.rows:,} rows"
    for reason in check.diagnosis.reasons[1:]:
        yield f"  also         {reason}"
    alarmed = check.alarmed
    yield f"  alarms       {len(alarmed)} of {_compared(check.signals)} signals"
    for signal in alarmed[:_SHOWN]:
        yield f"    {signal.sentence}"
    if len(alarmed) > _SHOWN:
        yield f"    and {len(alarmed) - _SHOWN} more"
    yield f"  performance  {check.realised.sentence}"
    yield f"  policy       {'retrain: ' if check.decision.retrain else 'no training: '}{check.decision.reasons[0]}"


def markdown(check: Check) -> str:
    """Return the check as a page: the same verdict and numbers as everywhere."""
    rows = "\n".join(_row(signal) for signal in sorted(check.signals, key=lambda signal: not signal.alarmed))
    reasons = "\n".join(f"- {escape(reason)}" for reason in check.diagnosis.reasons[1:])
    return (
        f"# {escape(check.headline)}\n\nVersion {check.version}, {check.rows:,} rows from {write_time(check.start)} to "
        f"{write_time(check.as_of)} (UTC). {check.realised.sentence}.\n\n{reasons}\n\n"
        f"**Policy:** {escape(check.decision.reasons[0])}.\n\n"
        f"| signal | column | score | threshold | |\n| --- | --- | ---: | ---: | --- |\n{rows}\n"
    )


def _row(signal: Signal) -> str:
    threshold = "" if signal.threshold is None else f"{signal.threshold:.3g} {cell(signal.unit)}"
    mark = "**alarm**" if signal.alarmed else ""
    return f"| {signal.kind} | {cell(signal.column or '')} | {signal.score:.3g} | {threshold} | {mark} |"


def _compared(signals: Sequence[Signal]) -> int:
    return sum(signal.threshold is not None for signal in signals)
