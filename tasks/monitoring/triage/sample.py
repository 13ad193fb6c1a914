"""A column of a table as numbers that can be compared, and how far two of them are apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.coding import is_text, numbers_of, words_of

_CHANCE = 0.87
"""Two samples of one distribution lie this × √(1/n + 1/m) apart on average (Kolmogorov's distribution, its mean)."""


@dataclass(frozen=True)
class Sample:
    """A column's values in one stretch of time, in its order: numbers, or the codes of words; NaN where missing."""

    values: FloatArray
    times: npt.NDArray[np.int64]
    """Event times, microseconds."""

    @cached_property
    def present(self) -> FloatArray:
        """The values that are there, sorted."""
        return np.sort(self.values[~np.isnan(self.values)])

    @property
    def rows(self) -> int:
        return len(self.values)

    @property
    def missing(self) -> float:
        """Share of rows without a value."""
        return 1 - len(self.present) / max(self.rows, 1)

    @cached_property
    def counted(self) -> tuple[FloatArray, FloatArray]:
        """The different values, and the share of each among those that are there."""
        values, counts = np.unique(self.present, return_counts=True)
        return values, counts / max(len(self.present), 1)

    def share_of(self, value: float) -> float:
        """Return the share of ``value`` among those that are there."""
        low, high = np.searchsorted(self.present, [value, np.nextafter(value, np.inf)])
        return float(high - low) / max(len(self.present), 1)

    def between(self, start: int, end: int) -> "Sample":
        """Return the rows with an event time in [start, end)."""
        inside = slice(*np.searchsorted(self.times, [start, end]))
        return Sample(self.values[inside], self.times[inside])


def distance(one: Sample, other: Sample, *, words: bool) -> float:
    """Return how far two distributions are apart, 0 to 1, less what chance alone makes of it on average.

    The largest difference of the cumulative shares for numbers (Kolmogorov and Smirnov), half the sum of the
    differences of the shares for words (total variation).
    """
    n, m = len(one.present), len(other.present)
    if not n or not m:
        return 0.0
    apart, chance = _of_words(one, other) if words else (largest_gap(one.present, other.present), _CHANCE)
    return max(0.0, apart - chance * float(np.sqrt(1 / n + 1 / m)))


def largest_gap(one: FloatArray, other: FloatArray) -> float:
    """Return the largest difference between the cumulative shares of two sorted samples."""
    places = np.concatenate([one, other])
    return float(np.abs(below(one, places) - below(other, places)).max())


def below(ordered: FloatArray, places: FloatArray) -> FloatArray:
    """Return for each place the share of the ``ordered`` values that are at most as large."""
    return np.searchsorted(ordered, places, side="right") / len(ordered)


def _of_words(one: Sample, other: Sample) -> tuple[float, float]:
    codes = np.union1d(one.counted[0], other.counted[0])
    first, second = (_shares(sample, codes) for sample in (one, other))
    both = (first + second) / 2
    # E|p̂ - q̂| of a share p is √(2/π · p(1-p) · (1/n + 1/m)); half of their sum, without the last factor.
    return float(np.abs(first - second).sum() / 2), float(np.sqrt(2 / np.pi * both * (1 - both)).sum() / 2)


def _shares(sample: Sample, codes: FloatArray) -> FloatArray:
    values, shares = sample.counted
    found = np.zeros(len(codes))
    found[np.searchsorted(codes, values)] = shares
    return found


def as_numbers(columns: Sequence[pa.ChunkedArray]) -> tuple[list[FloatArray], tuple[str, ...]] | None:
    """Return the same column of several tables as numbers, with the words that codes stand for.

    None: it holds neither numbers, true/false nor text.
    """
    if any(is_text(column.type) for column in columns):
        texts = [words_of(column) for column in columns]
        known = pa.concat_arrays(texts).drop_null().unique()
        codes = [pc.index_in(text, value_set=known).cast(pa.float64()).fill_null(np.nan) for text in texts]
        codes = [code.to_numpy(zero_copy_only=False) for code in codes]
        return codes, tuple(known.to_pylist())
    found = [numbers_of(column) for column in columns]
    numbers = [one for one in found if one is not None]
    return (numbers, ()) if len(numbers) == len(found) else None
