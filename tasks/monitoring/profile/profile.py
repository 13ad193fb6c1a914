"""Counts of rows by bin and block: all that a drift check needs to know of a window."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.bins import Bins, Ranges, learn

Counts = npt.NDArray[np.int64]
Blocks = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Binning:
    """The bins of all columns, side by side: each column has those of its values, then *unseen*, then *missing*."""

    columns: Mapping[str, Bins]

    @cached_property
    def sizes(self) -> npt.NDArray[np.intp]:
        """The number of bins of each column, shape (columns,)."""
        return np.array([bins.values + 2 for bins in self.columns.values()], dtype=np.intp)

    @cached_property
    def starts(self) -> npt.NDArray[np.intp]:
        """Where each column's bins begin, shape (columns,)."""
        return np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.intp)

    @cached_property
    def total(self) -> int:
        return int(self.sizes.sum())

    @cached_property
    def numeric(self) -> npt.NDArray[np.bool_]:
        """Which columns are numbers, shape (columns,)."""
        return np.array([isinstance(bins, Ranges) for bins in self.columns.values()], dtype=bool)

    @property
    def missing(self) -> npt.NDArray[np.intp]:
        """The bin of missing values of each column, shape (columns,)."""
        return self.starts + self.sizes - 1

    @property
    def unseen(self) -> npt.NDArray[np.intp]:
        """The bin of unseen words of each column, shape (columns,)."""
        return self.starts + self.sizes - 2


@dataclass(frozen=True)
class Profile:
    """How many rows of each block fall into each bin."""

    binning: Binning
    counts: Counts
    """Shape (blocks, bins of all columns)."""
    rows: Counts
    """Shape (blocks,)."""

    @cached_property
    def whole(self) -> FloatArray:
        """The counts of all blocks together, shape (bins of all columns,)."""
        return np.asarray(self.counts.sum(axis=0), dtype=np.float64)

    def only(self, blocks: npt.NDArray[np.intp]) -> "Profile":
        """Return the chosen blocks, in that order."""
        return Profile(self.binning, self.counts[blocks], self.rows[blocks])

    def windows(self, length: int, *, step: int = 1) -> "Windows":
        """Return the counts of each run of ``length`` blocks, the next one beginning ``step`` later."""
        return Windows(_sums(self.counts, length, step), _sums(self.rows, length, step))


@dataclass(frozen=True)
class Windows:
    """Counts of windows that overlap."""

    counts: FloatArray
    """Shape (windows, bins of all columns)."""
    rows: FloatArray
    """Shape (windows,)."""


@dataclass(frozen=True)
class Blocking:
    """Which block each row of a batch is in; rows outside 0 … ``count`` - 1 are left out."""

    count: int
    of: Callable[[pa.RecordBatch], Blocks]


def learn_binning(sample: pa.Table, columns: Iterable[str]) -> tuple[Binning, tuple[str, ...]]:
    """Return the bins of ``columns``, learned from a sample of the reference, and the columns that have none."""
    found = {name: learn(sample.column(name).combine_chunks()) for name in columns}
    return (
        Binning({name: bins for name, bins in found.items() if bins is not None}),
        tuple(name for name, bins in found.items() if bins is None),
    )


def take_profile(batches: Iterable[pa.RecordBatch], binning: Binning, blocking: Blocking) -> Profile:
    """Return the profile of ``batches``, read once, one at a time.

    Columns that a batch lacks count as missing.
    """
    counts = np.zeros((blocking.count, binning.total), dtype=np.int64)
    rows = np.zeros(blocking.count, dtype=np.int64)
    for batch in batches:
        places = blocking.of(batch)
        inside = (places >= 0) & (places < blocking.count)
        if not inside.all():
            batch, places = batch.filter(pa.array(inside)), places[inside]  # noqa: PLW2901 - the rest is not needed
        rows += np.bincount(places, minlength=blocking.count)
        for (name, bins), start, size in zip(binning.columns.items(), binning.starts, binning.sizes, strict=True):
            counts[:, start : start + size] += _count(batch, name, bins, places, blocking.count)
    return Profile(binning, counts, rows)


def _count(batch: pa.RecordBatch, name: str, bins: Bins, places: Blocks, blocks: int) -> Counts:
    """Return the rows of each block in each bin of a column, shape (blocks, bins of the column)."""
    size = bins.values + 2
    if name in batch.schema.names:
        codes = bins.codes(batch.column(name))
    else:
        codes = np.full(batch.num_rows, size - 1, dtype=np.uint16)
    flat = codes if blocks == 1 else places * size + codes
    return np.bincount(flat, minlength=blocks * size).reshape(blocks, size)


def _sums(blocks: Counts, length: int, step: int) -> FloatArray:
    """Return the sums over ``length`` consecutive blocks, shape (windows, …)."""
    up_to = np.concatenate([np.zeros((1, *blocks.shape[1:])), np.cumsum(blocks, axis=0)])
    first = np.arange(0, len(blocks) - length + 1, step)
    return np.asarray(up_to[first + length] - up_to[first])
