"""Which columns are no longer what they were: the signals of one window, from counts alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tasks.monitoring.profile.bins import Ranges
from tasks.monitoring.profile.calibration import Calibration
from tasks.monitoring.profile.distance import Distances, Reference, measure
from tasks.monitoring.profile.profile import Profile
from tasks.monitoring.profile.usual import (
    LEAST,
    LOCATION,
    MISSING,
    SHAPE,
    UNSEEN,
    Strengths,
    strengths,
)
from tasks.monitoring.signal import Direction, Signal

_ANY = 50.0
"""A logarithm that is none of a number of rows."""
_NINETY = 1.645
"""Spreads on either side that hold 90 % of a normal distribution."""


@dataclass(frozen=True)
class _Window:
    """One window's distances from the reference, and how unusual they are."""

    reference: Profile
    rows: float
    found: Distances
    strengths: Strengths
    calibration: Calibration

    def spread(self, statistic: int, column: int) -> float:
        return float(self.calibration.usual.spread[statistic, column])


def drift_signals(reference: Profile, current: Profile, calibration: Calibration) -> tuple[Signal, ...]:
    """Return the signals of every column of ``current``, the strongest first."""
    base = Reference(reference.binning, reference.whole)
    found = measure(current.whole[None, :], base)
    window = _Window(
        reference, float(current.rows.sum()), found, strengths(found, np.ones(1), calibration.usual), calibration
    )
    columns = enumerate(reference.binning.columns)
    every = [pair for place, name in columns for pair in _of_column(window, place, name)]
    return tuple(signal for _, signal in sorted(every, key=lambda pair: -pair[0]))


def unmeasurable(column: str, why: str) -> Signal:
    """Return an alarm about a column that can no longer be compared."""
    return Signal("unmeasurable", column, 1.0, 1.0, 1.0, 0.0, "other", "cannot be compared", f"{column}: {why}")


def volume_signal(reference: Profile, rows: int, calibration: Calibration, *, window: int) -> Signal:
    """Return whether ``rows`` are as many as ``window`` blocks of the reference hold."""
    expected = max(float(reference.rows.mean()) * window, 1.0)
    log = float(np.log(max(rows, 0.5) / expected))
    spread = calibration.usual.volume
    most = max(calibration.limit * spread, LEAST.rows)
    return Signal(
        kind="volume",
        column=None,
        score=abs(log),
        low=max(abs(log) - _NINETY * spread, 0.0),
        high=abs(log) + _NINETY * spread,
        threshold=most,
        direction="up" if log > 0 else "down",
        unit="logarithm of rows over expected",
        sentence=f"{rows:,} rows; about {expected:,.0f} are expected, {_usual_rows(expected, most)}",
    )


def _usual_rows(expected: float, most: float) -> str:
    """Return in words how many rows are usual, ``most`` away from those ``expected``, as a logarithm."""
    if most > _ANY:
        return "any number is usual: the reference has windows without rows"
    return f"{expected * np.exp(-most):,.0f} to {expected * np.exp(most):,.0f} are usual"


def _of_column(window: _Window, place: int, name: str) -> Iterator[tuple[float, Signal]]:
    """Yield each signal of a column with its strength."""
    strong = window.strengths.columns[:, 0, place]
    by_shift = window.reference.binning.numeric[place] and strong[LOCATION] > strong[SHAPE]
    moved = _shift(window, place, name) if by_shift else _shape(window, place, name)
    yield float(max(strong[LOCATION], strong[SHAPE])), moved
    yield float(strong[MISSING]), _rate(window, place, name, "missing")
    if not window.reference.binning.numeric[place]:
        yield float(strong[UNSEEN]), _rate(window, place, name, "unseen")


def _shape(window: _Window, place: int, name: str) -> Signal:
    psi, expected = float(window.found.psi[0, place]), float(window.found.expected[0, place])
    centre, spread = float(window.calibration.usual.centre[SHAPE, place]), window.spread(SHAPE, place)
    usual, root = expected * centre**3, float(np.cbrt(psi / expected))
    threshold = max(expected * (centre + window.calibration.limit * spread) ** 3 - usual, LEAST.psi)
    low, high = (expected * (root + side * _NINETY * spread) ** 3 - usual for side in (-1, 1))
    score = psi - usual
    return Signal(
        kind="distribution",
        column=name,
        score=score,
        low=low,
        high=high,
        threshold=threshold,
        direction="other",
        unit="PSI over the usual",
        sentence=f"{_called(window, name)}: population stability index {max(score, 0):.3f} above the usual, "
        f"threshold {threshold:.3f}",
    )


def _shift(window: _Window, place: int, name: str) -> Signal:
    shift, error = float(window.found.shift[0, place]), float(np.sqrt(window.found.precision[0, place]))
    spread = window.spread(LOCATION, place) * error
    threshold = max(window.calibration.limit * spread, LEAST.shift)
    return Signal(
        kind="distribution",
        column=name,
        score=abs(shift),
        low=max(abs(shift) - _NINETY * spread, 0.0),
        high=abs(shift) + _NINETY * spread,
        threshold=threshold,
        direction="up" if shift > 0 else "down",
        unit="standard deviations",
        sentence=f"{_called(window, name)}: {'up' if shift > 0 else 'down'} by {abs(shift):.2f} standard deviations, "
        f"threshold {threshold:.2f}",
    )


def _called(window: _Window, name: str) -> str:
    bins = window.reference.binning.columns[name]
    return bins.called(name) if isinstance(bins, Ranges) else name


def _rate(window: _Window, place: int, name: str, kind: str) -> Signal:
    """Return the change of a column's rate of missing values, or of words that were never seen before."""
    statistic = MISSING if kind == "missing" else UNSEEN
    bins = window.reference.binning.missing if kind == "missing" else window.reference.binning.unseen
    was = float(window.reference.whole[bins[place]] / max(window.reference.rows.sum(), 1))
    change = float((window.found.missing if kind == "missing" else window.found.unseen)[0, place])
    error = float(np.sqrt(1 / max(window.rows, 1) + 1 / max(window.reference.rows.sum(), 1)))
    direction: Direction = "up" if change >= 0 else "down"
    steps = window.spread(statistic, place) * error / 2
    edge = abs(_moved(was, steps * window.calibration.limit * (1 if change >= 0 else -1)) - was)
    ends = [_moved(was + change, side * steps * _NINETY) - was for side in (-1, 1)]
    low, high = sorted(abs(end) for end in ends)
    threshold = max(edge, LEAST.rate)
    return Signal(
        kind="missing" if kind == "missing" else "unseen",
        column=name,
        score=abs(change),
        low=0.0 if ends[0] < 0 < ends[1] else low,
        high=high,
        threshold=threshold,
        direction=direction,
        unit="share of rows",
        sentence=f"{name}: {was + change:.1%} {_SAID[kind]}, {was:.1%} before; threshold {threshold:.1%} apart",
    )


_SAID = {"missing": "missing", "unseen": "never seen before"}


def _moved(rate: float, steps: float) -> float:
    """Return the rate that is ``steps`` away on the arcsine scale."""
    angle = float(np.clip(np.arcsin(np.sqrt(np.clip(rate, 0, 1))) + steps, 0, np.pi / 2))
    return float(np.sin(angle) ** 2)
