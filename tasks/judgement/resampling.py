"""A metric's value on each of many resamples of blocks.

Every row of a block has the same weight: the number of times that its block was drawn. So metrics that are
made of sums over rows, or over pairs of rows, are reduced to sums over blocks once; a thousand resamples are
then one product of matrices. 1000 resamples of the ROC AUC on 30,000 rows of 14 days take about 0.02 s so,
and 0.4 s when each resample is weighed row by row, as it is for the other metrics.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.metrics import Metric
from tasks.metrics.metric import Sums, ratio

_CHUNK = 2_000_000
"""Most counts held at once: 16 MB."""

Resampled = Callable[[FloatArray], FloatArray]
"""From how often each block was drawn, shape (resamples, blocks), to the metric's values, (resamples,)."""


@dataclass(frozen=True)
class Blocks:
    """Which block each row is in: codes 0 … count-1, shape (rows,)."""

    codes: npt.NDArray[np.intp]
    count: int


def draw(blocks: int, resamples: int, seed: int) -> Iterator[FloatArray]:
    """Yield how often each block is drawn when as many blocks as there are, are drawn with replacement.

    Shapes (some resamples, blocks), in chunks that bound the memory.
    """
    generator = np.random.default_rng(seed)
    step = max(1, _CHUNK // blocks)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = generator.integers(0, blocks, (size, blocks)) + blocks * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * blocks).reshape(size, blocks).astype(np.float64)


def bind(metric: Metric, labels: FloatArray, predictions: FloatArray, blocks: Blocks) -> Resampled:
    """Return ``metric`` bound to rows in blocks, by the fastest way that gives the same values."""
    if metric.sums:
        return _of_sums(metric.sums, labels, predictions, blocks)
    if metric.name == "roc_auc" and blocks.count < len(labels):
        return _roc_auc(labels, predictions, blocks)
    weigh = metric.bind(labels, predictions)
    return lambda counts: np.array([weigh(drawn[blocks.codes]) for drawn in counts])


def block_sums(parts: FloatArray, blocks: Blocks) -> FloatArray:
    """Return the sum of each column of ``parts``, shape (rows, parts), over each block: (blocks, parts)."""
    return np.column_stack([np.bincount(blocks.codes, column, blocks.count) for column in parts.T])


def _of_sums(sums: Sums, labels: FloatArray, predictions: FloatArray, blocks: Blocks) -> Resampled:
    summed = block_sums(sums.parts(labels, predictions), blocks)
    return lambda counts: sums.value(counts @ summed)


def _roc_auc(labels: FloatArray, scores: FloatArray, blocks: Blocks) -> Resampled:
    """The share of pairs in the right order: a quadratic form in the counts, over the same for all pairs."""
    positive = labels == 1
    positives, negatives = (np.bincount(blocks.codes[side], minlength=blocks.count) for side in (positive, ~positive))
    won = _pairs_won(scores, positive, blocks)
    return lambda counts: ratio(((counts @ won) * counts).sum(axis=1), (counts @ positives) * (counts @ negatives))


def _pairs_won(scores: FloatArray, positive: npt.NDArray[np.bool_], blocks: Blocks) -> FloatArray:
    """Return for each two blocks how many pairs of a positive row of the first and a negative row of the
    second are in the right order, equal scores counting half; shape (blocks, blocks)."""
    ranked = np.flatnonzero(positive)[np.argsort(scores[positive])]
    negative = np.flatnonzero(~positive)
    negative = negative[np.lexsort((scores[negative], blocks.codes[negative]))]
    bounds = np.searchsorted(blocks.codes[negative], np.arange(blocks.count + 1))
    won = np.zeros((blocks.count, blocks.count))
    for block, (start, end) in enumerate(pairwise(bounds)):
        rivals = scores[negative[start:end]]
        below = np.searchsorted(rivals, scores[ranked], "left")
        not_above = np.searchsorted(rivals, scores[ranked], "right")
        won[:, block] = np.bincount(blocks.codes[ranked], (below + not_above) / 2, blocks.count)
    return won
