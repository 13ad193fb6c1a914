"""A column that says the same all the time: a sensor that hangs, a default that fills gaps, a last value repeated."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.sample import Sample
from tasks.monitoring.triage.view import Column, View
from tasks.monitoring.triage.wording import join, percent

_RISE = 0.1
"""One value must be so much more common than any rise of a value from one window to the next would make it."""
_RUN = 2.0
_LEAST_RUN = 0.08
"""Or it says the same in so many times as long a run of rows as ever, and that much of the rows beyond."""
_EVEN = 0.25
"""Words: what is left of the others must be in their old proportions, this far apart at most.

Else they were renamed to one another, or are gone, and nothing froze.
"""


def frozen_column(view: View) -> Iterator[Finding]:
    """Yield the columns of which one value has taken over, or stays as it is from some moment on."""
    for column in view.columns:
        if (value := frozen_at(column)) is not None:
            usual = max(_share(part, value) for part in column.fine)
            share = (_share(column.current, value) - usual) / max(1 - usual, 1e-9)
            yield Finding("frozen_column", "fix_the_data", (column.name,), share, 0.9, _sentence(column, value))


def frozen_at(column: Column) -> float | None:
    """Return the value at which a column froze; None: it did not."""
    values, shares = column.current.counted
    if not len(values):
        return None
    value = float(values[shares.argmax()])
    usual = max(_share(part, value) for part in column.fine)
    risen = _share(column.current, value) - usual > _RISE + _usual_rise(column)
    if risen and _others_are_even(column, value) and not _comes_in_turn(column, value):
        return value
    length, repeated = _longest_run(column.current)
    longest = max(_longest_run(part)[0] for part in column.fine)
    return repeated if length > _RUN * longest + _LEAST_RUN and not column.is_text else None


def _comes_in_turn(column: Column, value: float) -> bool:
    """Say whether the column says one thing for a window or longer as a rule, as a season does, and ``value`` may too.

    What it never said before may; what it said for shorter than a window, such as a flag of single days, may not.
    """
    held = [float(window.counted[0][0]) for window in column.windows if len(window.counted[0]) == 1]
    known = any(part.share_of(value) for part in (column.reference, *column.windows))
    return 2 * len(held) > len(column.windows) and (value in held or not known)


def _longest_run(part: Sample) -> tuple[float, float]:
    """Return the largest share of rows, one after the other in time, that say the same, and what they say."""
    values = part.values[~np.isnan(part.values)]
    if not len(values):
        return 0.0, np.nan
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    lengths = np.diff(np.append(starts, len(values)))
    longest = int(lengths.argmax())
    return float(lengths[longest] / part.rows), float(values[starts[longest]])


def _usual_rise(column: Column) -> float:
    """Return by how much a value's share has grown at most from one window of the reference to the next."""
    return max((_rise(*pair) for pair in pairwise(column.windows)), default=0.0)


def _rise(before: Sample, after: Sample) -> float:
    values, shares = after.counted
    common = values[shares > _RISE]
    return max((_share(after, value) - _share(before, value) for value in common), default=0.0)


def _share(part: Sample, value: float) -> float:
    """Return the share of ``value`` in all rows: of a column that is mostly missing, a few rows may well agree."""
    return part.share_of(value) * (1 - part.missing)


def _sentence(column: Column, value: float) -> str:
    now = _share(column.current, value)
    said = f'"{column.words[int(value)]}"' if column.is_text else f"{value:g}"
    return (
        f"fix the data: {join([column.name])} is frozen at {said}: {percent(now)} of the rows say so, and "
        f"{percent(_share(column.norm, value))} did in {column.norm_in_words}"
    )


def _others_are_even(column: Column, value: float) -> bool:
    if not column.is_text:
        return True
    codes = np.arange(len(column.words)) != value
    parts = [
        np.bincount(part.present.astype(int), minlength=len(codes))[codes] for part in (column.current, column.norm)
    ]
    if min(part.sum() for part in parts) < len(codes):
        return column.norm.share_of(value) > 0
    now, then = (part / part.sum() for part in parts)
    return bool(np.abs(now - then).sum() / 2 < _EVEN)
