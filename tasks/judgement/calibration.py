"""Do predicted probabilities come true as often as they say?"""

from dataclasses import dataclass

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.judgement.resampling import Blocks, block_sums, draw
from tasks.judgement.significance import PairedTest, interval

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """The expected calibration error: how far probabilities are off, on average over rows."""

    error: float
    low: float
    high: float
    by_chance: float
    """The error that a perfectly calibrated model would show on as few rows."""
    rows: int


def measure(happened: FloatArray, probabilities: FloatArray, blocks: Blocks, test: PairedTest) -> Calibration:
    """Return the expected calibration error over bins of as many rows each, with an interval.

    Naeini, Cooper and Hauskrecht 2015, with bins of equal mass as in Nixon et al. 2019. Noise can only add to an
    error that is a sum of sizes, and resampling adds it again: so the interval is the bootstrap's, reflected (Davison
    and Hinkley 1997, section 5.2), and never below 0.
    """
    codes = bins(probabilities, BINS)
    count = int(codes.max()) + 1
    off = np.where(codes[:, None] == np.arange(count), (happened - probabilities)[:, None], 0)
    sums = block_sums(np.column_stack([off, np.ones(len(codes))]), blocks)
    error = float(_error(sums.sum(axis=0)))
    drawn = np.concatenate([_error(counts @ sums) for counts in draw(blocks.count, test.resamples, test.seed)])
    low, high = interval(drawn, blocks.count, test.alpha)
    variance = np.bincount(codes, probabilities * (1 - probabilities))
    by_chance = float(np.sqrt(2 / np.pi * variance).sum() / len(codes))
    return Calibration(error, max(0.0, 2 * error - high), max(0.0, 2 * error - low), by_chance, len(codes))


def bins(values: FloatArray, count: int) -> "np.typing.NDArray[np.intp]":
    """Return each value's bin: up to ``count`` of as many rows each, in which equal values stay together."""
    inner = np.unique(np.quantile(values, np.linspace(0, 1, count + 1)[1:-1]))
    return np.unique(np.searchsorted(inner, values, side="right"), return_inverse=True)[1]


def likeliest(labels: FloatArray, predictions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return whether what was said to be likeliest happened, and its probability.

    Of a binary target: whether the positive class did.
    """
    if predictions.ndim == 1:
        return labels, predictions
    return (predictions.argmax(axis=1) == labels).astype(np.float64), predictions.max(axis=1)


def _error(sums: FloatArray) -> FloatArray:
    return np.asarray(np.abs(sums[..., :-1]).sum(axis=-1) / sums[..., -1])
