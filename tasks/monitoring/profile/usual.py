"""What is usual of each statistic, and how unusual a window is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.distance import STATISTICS, Distances
from tasks.monitoring.profile.stability import Stable

LEAST_VOLUME = 0.01
"""Of the logarithm: rows never come more evenly than that for long."""
SHAPE, LOCATION, MISSING, UNSEEN = range(len(STATISTICS))


@dataclass(frozen=True)
class Least:
    """The smallest changes that matter: smaller ones do no harm, however surely they are seen in a million rows."""

    shift: float = 0.05
    """Standard deviations."""
    rate: float = 0.005
    """Of missing or unseen values, in rows."""
    psi: float = 0.005
    """Population stability index, above what sampling alone gives it."""
    rows: float = 0.05
    """Of the logarithm: a twentieth of the rows more or fewer is nobody's trouble."""


LEAST = Least()


@dataclass(frozen=True)
class Usual:
    """What each statistic is when nothing has changed."""

    centre: FloatArray
    """Shape (statistics, columns)."""
    spread: FloatArray
    volume: float
    """Spread of the logarithm of a window's rows over those expected."""


@dataclass(frozen=True)
class Strengths:
    """How unusual each window is: spreads from what is usual, 0 where the change is too small to matter."""

    columns: FloatArray
    """Shape (statistics, windows, columns)."""
    volume: FloatArray
    """Shape (windows,)."""

    @property
    def most(self) -> FloatArray:
        """The largest of each window, shape (windows,)."""
        flat = self.columns.max(axis=(0, 2), initial=0.0)
        return np.asarray(np.maximum(flat, self.volume))


def strengths(distances: Distances, rows: FloatArray, usual: Usual, *, least: Least = LEAST) -> Strengths:
    """Return how unusual ``distances`` are; ``rows`` of each window over those expected, shape (windows,)."""
    found = (distances.statistics - usual.centre[:, None, :]) / usual.spread[:, None, :]
    found[LOCATION], found[MISSING] = np.abs(found[LOCATION]), np.abs(found[MISSING])
    found[SHAPE][distances.psi - distances.expected < least.psi] = 0
    found[LOCATION][np.abs(distances.shift) < least.shift] = 0
    found[MISSING][np.abs(distances.missing) < least.rate] = 0
    found[UNSEEN][distances.unseen < least.rate] = 0
    log = np.abs(np.log(np.maximum(rows, 1e-9)))
    return Strengths(np.maximum(found, 0), np.where(log < least.rows, 0.0, log / usual.volume))


def usual_of(stable: Sequence[Stable], degrees: FloatArray) -> Usual:
    """Return centre and spread of each statistic over all checks of ``stable`` histories."""
    statistics = np.concatenate([one.distances.statistics for one in stable], axis=1)
    volume = np.concatenate([np.log(np.maximum(one.rows, 1e-9)) for one in stable])
    centre = statistics.mean(axis=1)
    centre[LOCATION:] = 0  # as likely above as below
    spread = np.sqrt(((statistics - centre[:, None, :]) ** 2).mean(axis=1))
    least = usual_of_independent_rows(degrees, rows=1.0).spread
    return Usual(centre, np.maximum(spread, least), float(max(volume.std(), LEAST_VOLUME)))


def usual_of_later_windows(usual: Usual, share: float) -> Usual:
    """Return what is usual of windows that are no part of the reference: a part of it of ``share`` is nearer to it."""
    centre = usual.centre.copy()
    centre[SHAPE] *= np.cbrt(1 + share)
    return Usual(centre, usual.spread * np.sqrt(1 + share), usual.volume * float(np.sqrt(1 + share)))


def usual_of_independent_rows(degrees: FloatArray, *, rows: float) -> Usual:
    """Return what theory says of windows of ``rows`` independent rows: no statistic is steadier.

    Of the shape: Wilson and Hilferty 1931, the cube root of a chi-square over its degrees of freedom.
    """
    centre, spread = np.zeros((len(STATISTICS), len(degrees))), np.ones((len(STATISTICS), len(degrees)))
    centre[SHAPE], spread[SHAPE] = 1 - 2 / (9 * degrees), np.sqrt(2 / (9 * degrees))
    return Usual(centre, spread, max(float(1 / np.sqrt(max(rows, 1.0))), LEAST_VOLUME))
