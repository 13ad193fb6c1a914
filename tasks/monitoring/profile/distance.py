"""How far windows are from a reference, column by column, on scales that do not depend on the number of rows.

Four statistics of each column: *shape*, the population stability index over what its sampling error alone would
give; *location*, the shift of the mean normal score; *missing* and *unseen*, the change of a rate. Each is about
normal with a spread of about 1 when rows are independent and nothing has changed; calibration finds what it is
when they are not.
"""

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.profile import Binning

STATISTICS = ("shape", "location", "missing", "unseen")
_HALF = 0.5
"""Rows that each bin is given beside its own, spread as the reference is: an empty bin must not be infinitely far."""


@dataclass(frozen=True)
class Distances:
    """What was measured of windows × columns."""

    psi: FloatArray
    """Population stability index, shape (windows, columns)."""
    expected: FloatArray
    """What sampling alone gives it when rows are independent: (bins − 1)(1/n + 1/m)."""
    precision: FloatArray
    """1/n + 1/m, of the filled rows of window and reference."""
    shift: FloatArray
    """Difference of the mean normal scores: standard deviations, for a normal column."""
    missing: FloatArray
    """Share of rows, in the window less in the reference."""
    unseen: FloatArray
    statistics: FloatArray
    """Shape (statistics, windows, columns), in the order of ``STATISTICS``."""


@dataclass(frozen=True)
class Reference:
    """The counts that windows are compared with."""

    binning: Binning
    counts: FloatArray
    """Shape (bins of all columns,)."""

    @cached_property
    def column_of(self) -> npt.NDArray[np.intp]:
        """The column of each bin."""
        return np.repeat(np.arange(len(self.binning.sizes)), self.binning.sizes)

    @cached_property
    def filled(self) -> FloatArray:
        """1 for bins of values, 0 for those of missing ones."""
        inside = np.ones(self.binning.total)
        inside[self.binning.missing] = 0.0
        return inside

    def sums(self, counts: FloatArray) -> FloatArray:
        """Return the sum over each column's bins, shape (…, columns)."""
        return np.asarray(np.add.reduceat(counts, self.binning.starts, axis=-1))

    @cached_property
    def present(self) -> FloatArray:
        """Rows in which each column is filled, shape (columns,)."""
        return self.sums(self.counts * self.filled)

    @cached_property
    def shares(self) -> FloatArray:
        """The share of each bin among the filled rows, none of them 0, shape (bins,)."""
        sizes = (self.binning.sizes - 1)[self.column_of]
        smooth = (self.counts + _HALF) / (self.present[self.column_of] + _HALF * sizes)
        return np.asarray(smooth * self.filled)

    @cached_property
    def degrees(self) -> FloatArray:
        """Bins that the reference fills, less one, shape (columns,): at least 1."""
        used = self.sums((self.counts > 0) * self.filled)
        return np.asarray(np.maximum(used - 1, 1))

    @cached_property
    def scores(self) -> FloatArray:
        """The normal score of each bin, with mean 0 and spread 1 over the reference; 0 for words, shape (bins,)."""
        scores = np.zeros(self.binning.total)
        for start, size, numeric in zip(self.binning.starts, self.binning.sizes, self.binning.numeric, strict=True):
            if numeric:
                scores[start : start + size - 2] = _normal_scores(self.counts[start : start + size - 2])
        return scores


def measure(windows: FloatArray, reference: Reference) -> Distances:
    """Return how far ``windows``, counts of shape (windows, bins of all columns), are from ``reference``."""
    filled = windows * reference.filled
    present = reference.sums(filled)
    precision = 1 / np.maximum(present, 1) + 1 / np.maximum(reference.present, 1)
    # Few rows are drawn towards the reference, and not towards bins of equal size: that would look like a change.
    prior = _HALF * (reference.binning.sizes - 1)
    at = reference.column_of
    shares = (filled + prior[at] * reference.shares) / (present + prior)[:, at]
    ratio = np.log(np.where(reference.filled > 0, shares / np.maximum(reference.shares, 1e-300), 1.0))
    psi = reference.sums((shares - reference.shares) * ratio)
    expected = reference.degrees * precision
    scored = reference.sums(windows * reference.scores) / np.maximum(present, 1)
    shift = scored - reference.sums(reference.counts * reference.scores) / np.maximum(reference.present, 1)
    rows, base = reference.sums(windows), reference.sums(reference.counts)
    missing = _rates(windows, reference, rows, base, reference.binning.missing)
    unseen = _rates(windows, reference, rows, base, reference.binning.unseen)
    statistics = np.stack([np.cbrt(psi / expected), shift / np.sqrt(precision), missing[1], unseen[1]])
    return Distances(psi, expected, precision, shift, missing[0], unseen[0], statistics)


def _rates(
    windows: FloatArray, reference: Reference, rows: FloatArray, base: FloatArray, bins: npt.NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Return the change of a rate, and the same in units of its sampling error (arcsine: it hardly depends on it)."""
    now, was = windows[:, bins] / np.maximum(rows, 1), reference.counts[bins] / np.maximum(base, 1)
    error = np.sqrt(1 / np.maximum(rows, 1) + 1 / np.maximum(base, 1))
    return now - was, 2 * (np.arcsin(np.sqrt(now)) - np.arcsin(np.sqrt(was))) / error


def _normal_scores(counts: FloatArray) -> FloatArray:
    """Return for each bin the normal quantile of its middle rank, scaled to spread 1 over ``counts``."""
    if counts.sum() == 0:
        return np.zeros(len(counts))
    shares = counts / counts.sum()
    middle = np.clip(np.cumsum(shares) - shares / 2, 1e-4, 1 - 1e-4)
    scores = np.array([NormalDist().inv_cdf(float(rank)) for rank in middle])
    mean = float(shares @ scores)
    spread = float(np.sqrt(shares @ (scores - mean) ** 2))
    return (scores - mean) / spread if spread > 0 else scores - mean
