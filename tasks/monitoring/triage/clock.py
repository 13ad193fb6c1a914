"""Events that seem to happen some hours earlier or later than they used to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.monitoring.triage.case import Case
from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.sample import Sample, distance
from tasks.monitoring.triage.tables import times_of
from tasks.monitoring.triage.view import View, stretches
from tasks.monitoring.triage.wording import percent

_HOURS = 24
_MICROSECONDS_AN_HOUR = 3_600_000_000
_FEWEST = 120
"""Fewer rows show no profile of 24 hours."""
_ALL = 0.95
_SHARES = np.linspace(0.1, 1, 19)
_CHANGED = 0.02
_TIMES = 2.5
"""It must change by so many times the usual change from one stretch of the reference to the next, and a little.

The usual is a median, not the largest: summer time began in some stretch of the reference.
"""
_LEFT = 0.4
"""Of the change, a shift of some rows may leave so much unexplained, beyond what chance does."""
_CERTAIN = 30.0
"""A shift must explain so much of what is apart, in squared standard errors: of some 400 that are tried, the best
explains 20 by chance in one of a thousand windows. An even day, or few rows, can show no shift.
"""
_CLOCKS_CHANGE = {3, 4, 9, 10, 11}
"""Months in which summer time begins or ends somewhere: a shift by one hour is no fault then."""


def clock_shift(view: View) -> Iterator[Finding]:
    """Yield a finding when the profile by hour of the day has moved by whole hours, for all rows or for some."""
    now, norm = _by_hour(view.case.current, view), _by_hour(view.case.before or view.case.reference, view)
    if min(now.rows, norm.rows) < _FEWEST or not view.length:
        return
    changed = distance(now, norm, words=True)
    if changed < _CHANGED + _TIMES * _usual(_by_hour(view.case.reference, view), view.length):
        return
    found, profile = _profile(now), _profile(norm)
    hours, share, left = _best_shift(found, profile)
    chance = float(np.abs(found - profile).sum() / 2) - changed
    moved = _moved(profile, hours, share)
    certain = _apart(found, profile, now, norm) - _apart(found, moved, now, norm) >= _CERTAIN
    if certain and left <= _LEFT * changed + chance and not _is_summer_time(hours, now):
        yield _finding(view.case, hours, share, left)


def _finding(case: Case, hours: int, share: float, left: float) -> Finding:
    how_many = "" if share > _ALL else f" in about {percent(share)} of the rows"
    norm = "what the champion learned from" if case.before is None else "the window before"
    sentence = (
        f"fix the data: {case.columns.timestamp} looks {abs(hours)} h {'late' if hours > 0 else 'early'}{how_many}: "
        f"moved back, the hours of the day are those of {norm}; look for a lost or doubled time zone"
    )
    return Finding("clock_shift", "fix_the_data", (case.columns.timestamp,), share, 1 - left, sentence)


def _by_hour(table: pa.Table, view: View) -> Sample:
    times = np.sort(times_of(table, view.case.columns.timestamp))
    return Sample((times // _MICROSECONDS_AN_HOUR % _HOURS).astype(np.float64), times)


def _usual(reference: Sample, length: int) -> float:
    """Return how much the profile changes from one stretch of the reference to the next; half do so by less."""
    parts = [part for part in stretches(reference, length) if part.rows >= _FEWEST]
    return float(np.median([distance(*pair, words=True) for pair in pairwise(parts)] or [0.0]))


def _profile(sample: Sample) -> FloatArray:
    return np.bincount(sample.values.astype(np.int64), minlength=_HOURS) / sample.rows


def _is_summer_time(hours: int, sample: Sample) -> bool:
    ends = (int(sample.times.min()), int(sample.times.max()))
    months = {datetime.fromtimestamp(end / 1_000_000, UTC).month for end in ends}
    return abs(hours) == 1 and bool(months & _CLOCKS_CHANGE)


def _moved(profile: FloatArray, hours: int, share: float) -> FloatArray:
    """Return the profile when a share of the rows has moved by so many hours."""
    return profile + share * (np.roll(profile, hours) - profile)


def _apart(found: FloatArray, expected: FloatArray, now: Sample, norm: Sample) -> float:
    """Return the sum of the squared differences of 24 shares, each in standard errors: Pearson's chi-squared."""
    both = np.maximum((found + expected) / 2, 1 / (now.rows + norm.rows))
    return float((((found - expected) ** 2) / (both * (1 / now.rows + 1 / norm.rows))).sum())


def _best_shift(found: FloatArray, profile: FloatArray) -> tuple[int, float, float]:
    """Return by how many hours, -11 to 12, for which share of the rows, and what that leaves unexplained."""
    hours = np.array([hour for hour in range(-_HOURS // 2 + 1, _HOURS // 2 + 1) if hour])
    moved = np.array([np.roll(profile, hour) for hour in hours])
    mixed = profile + _SHARES[None, :, None] * (moved - profile)[:, None, :]
    left = np.abs(mixed - found).sum(axis=2) / 2
    best, share = np.unravel_index(left.argmin(), left.shape)
    return int(hours[best]), float(_SHARES[share]), float(left[best, share])
