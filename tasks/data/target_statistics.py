"""Ids and categories of many values as what their labels were: target statistics, in order of time.

A value is encoded by the mean label of its rows, drawn towards the mean of all rows as if ``smoothing`` more rows had
had that one (Micci-Barreca 2001). Taken over all rows of train, the mean of a rare value is mostly the label of the
very row that is encoded: a model learns to read the label off it, and finds nothing of the kind when it scores. So each
row of train is encoded by those labels alone that were known when it happened (ordered statistics, Prokhorenkova et al.
2018, section 3.2; here the order is that of time), and every later row by what was known when train ended.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.matrix import FloatArray
from tasks.data.outcomes import Outcomes, Times
from tasks.errors import ContractError

MOST_LEVELS = 200_000
"""Values that are kept, those with the most labels: of a rarer one hardly more is known than of all rows."""
MOST_CLASSES = 20
"""Each class is a feature of every column."""
_MISSING = -1

Codes = npt.NDArray[np.int64]
Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FittedStatistics:
    """What was known of one column's values when train ended."""

    column: str
    names: tuple[str, ...]
    """Of its features, one for each output: the mean, the share of positives, or of each class."""
    smoothing: float
    """How many rows the mean of all rows counts for."""
    prior: tuple[float, ...]
    """Of all rows, and so of a value that train did not have; shape (outputs,)."""
    levels: tuple[str, ...]
    means: tuple[tuple[float, ...], ...]
    """Smoothed, shape (levels, outputs)."""

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "FittedStatistics":
        return cls(
            column=found["column"],
            names=tuple(found["names"]),
            smoothing=found["smoothing"],
            prior=tuple(found["prior"]),
            levels=tuple(found["levels"]),
            means=tuple(tuple(mean) for mean in found["means"]),
        )

    def encode(self, column: pa.ChunkedArray) -> Values:
        """Return what was known of each value, shape (rows, outputs); NaN where the value is missing."""
        codes, words = _encoded(column)
        levels, means = self._arrays
        places = pc.index_in(words, levels).fill_null(len(levels)).to_numpy()
        found = means[np.append(places, 0)[codes]]
        return np.where((codes == _MISSING)[:, None], np.float32(np.nan), found)

    @cached_property
    def _arrays(self) -> tuple[pa.Array, Values]:
        """The levels, and what is known of each and after the last one of all others."""
        return pa.array(self.levels, pa.string()), np.array([*self.means, self.prior], dtype=np.float32)

    def encode_train(self, column: pa.ChunkedArray, outcomes: Outcomes) -> Values:
        """Return what was known of each row's value when the row happened, shape (rows, outputs).

        NaN where the value is missing, or no label at all was known yet.
        """
        codes, _ = _encoded(column)
        of_all, total = _known_before(np.zeros(len(codes), dtype=np.int64), outcomes)
        with np.errstate(invalid="ignore"):
            prior = total / of_all[:, None]
        found = _smoothed(*_known_before(codes, outcomes), prior, self.smoothing)
        return np.where((codes == _MISSING)[:, None], np.nan, found).astype(np.float32)


def fit_statistics(name: str, column: pa.ChunkedArray, outcomes: Outcomes, smoothing: float) -> FittedStatistics:
    """Return what was known of the values of ``column`` when train ended."""
    if outcomes.task == "multiclass" and outcomes.target.codes > MOST_CLASSES:
        raise ContractError(
            f"features.target_statistics: {outcomes.target.name} has {outcomes.target.codes} classes, and each is a "
            f"feature of {name}; allowed: at most {MOST_CLASSES} classes"
        )
    codes, words = _encoded(column)
    known = outcomes.known & (outcomes.known_from <= outcomes.end)
    prior = outcomes.amounts[known].mean(axis=0) if known.any() else np.full(len(outcomes.outputs), np.nan)
    there = known & (codes != _MISSING)
    counts, sums = np.zeros(len(words)), np.zeros((len(words), len(prior)))
    np.add.at(counts, codes[there], 1.0)
    np.add.at(sums, codes[there], outcomes.amounts[there])
    texts = words.to_pylist()
    kept = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], texts[code]))[:MOST_LEVELS]
    kept.sort(key=texts.__getitem__)
    measure = "mean" if outcomes.task == "regression" else "share of"
    means = _smoothed(counts[kept], sums[kept], prior, smoothing)
    return FittedStatistics(
        column=name,
        names=tuple(f"{name}: {measure} {output}" for output in outcomes.outputs),
        smoothing=smoothing,
        prior=tuple(prior.tolist()),
        levels=tuple(texts[code] for code in kept),
        means=tuple(tuple(mean) for mean in means.tolist()),
    )


def _known_before(codes: Codes, outcomes: Outcomes) -> tuple[FloatArray, FloatArray]:
    """Return how many labels of its own code were known when each row happened, and their sums.

    Shapes (rows,) and (rows, outputs). Labels as they become known and rows as they happen are put into one order, code
    by code, and summed up from there.
    """
    known, amounts = np.flatnonzero(outcomes.known), outcomes.amounts
    rows = len(codes)
    group = np.concatenate([codes[known], codes])
    when: Times = np.concatenate([outcomes.known_from[known], outcomes.times])
    asks = np.repeat([False, True], [len(known), rows])
    order = np.lexsort((asks, when, group))  # at the same moment what is known stands before what asks
    first = np.append(True, np.diff(group[order]) != 0)
    begins = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    places = np.empty(rows, dtype=np.intp)
    places[order[asks[order]] - len(known)] = np.flatnonzero(asks[order])
    counts = _since((~asks[order]).astype(np.float64), begins)[places]
    added = np.concatenate([amounts[known], np.zeros_like(amounts)])[order]
    sums = np.stack([_since(output, begins)[places] for output in added.T], axis=1)
    return counts, sums


def _since(amounts: FloatArray, begins: npt.NDArray[np.intp]) -> FloatArray:
    """Return the running sum of ``amounts`` from where each one's group begins."""
    running = np.concatenate([[0.0], np.cumsum(amounts)])
    return np.asarray(running[1:] - running[begins])


def _smoothed(counts: FloatArray, sums: FloatArray, prior: FloatArray, smoothing: float) -> FloatArray:
    return np.asarray((sums + smoothing * prior) / (counts + smoothing)[:, None])


def _encoded(column: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Return the code of each row's value, -1 where it is missing, and the values as words."""
    array = column.combine_chunks()
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = encoded.indices.cast(pa.int64()).fill_null(_MISSING).to_numpy(zero_copy_only=False)
    return codes, encoded.dictionary.cast(pa.string())
