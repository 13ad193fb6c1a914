"""Can a classifier tell the current window from the reference? Then they differ, even if no column does by itself.

Its AUC on rows that it has not seen is 0.5 when it cannot. Two windows of one stable history can often be told apart,
by their weather: what is usual is found by asking the same of windows of the reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import pyarrow as pa

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled, Target
from tasks.judgement.delong import auc_difference_error
from tasks.learning.gbm import fitting as gbm
from tasks.learning.problem import Problem
from tasks.metrics import find_metric
from tasks.monitoring.profile.bins import Bins, Ranges
from tasks.monitoring.profile.profile import Binning
from tasks.monitoring.signal import Signal
from tasks.spec import LightGBMSpec

MOST_ROWS = 5_000
"""Of each side: what trees can tell apart, they can in these."""
FEWEST_ROWS = 200
_ALL_DIFFER = 0.99
"""A threshold above it is no threshold: any two windows can be told apart, by the weather they share say."""
_NINETY = 1.645
_TREES = LightGBMSpec(kind="lightgbm", rounds=60, patience=10, learning_rate=0.1, leaves=15)


@dataclass(frozen=True)
class Separation:
    """How well two sets of rows can be told apart."""

    auc: float
    error: float
    """Standard error (DeLong)."""


@dataclass(frozen=True)
class UsualSeparation:
    """How well windows of the reference can be told from the rest of it."""

    mean: float
    spread: float
    windows: int


def separate(reference: pa.Table, current: pa.Table, binning: Binning, *, seed: int) -> Separation | None:
    """Return how well trees tell ``current`` from ``reference``, rows in random order; None for too few rows."""
    rows = min(reference.num_rows, current.num_rows, MOST_ROWS)
    if rows < FEWEST_ROWS:
        return None
    sides = [_matrix(side.slice(0, rows), binning) for side in (reference, current)]
    matrix = replace(sides[0], values=np.concatenate([side.values for side in sides]))
    labels = np.repeat([0.0, 1.0], rows)
    order = np.tile(np.arange(rows), 2) % 5  # three fifths train, one chooses, one judges
    problem = Problem("binary", Target("current", (False, True)), seed, threads=1)
    train, choice, judge = (order < 3, order == 3, order == 4)
    parts = [Labelled(matrix.rows(mask), labels[mask]) for mask in (train, choice)]
    predicted = gbm.fit(_TREES, parts[0], parts[1], problem).predict(matrix.rows(judge))
    auc = find_metric("roc_auc").bind(labels[judge], predicted)(None)
    return Separation(auc, auc_difference_error(labels[judge], predicted, np.zeros(int(judge.sum()))))


def usual_separation(
    windows: Sequence[tuple[pa.Table, pa.Table]], binning: Binning, *, seed: int
) -> UsualSeparation | None:
    """Return what is usual, of pairs of the rest of a reference and a window of it; None for fewer than three."""
    found = [one.auc for rest, window in windows if (one := separate(rest, window, binning, seed=seed))]
    return UsualSeparation(float(np.mean(found)), float(np.std(found, ddof=1)), len(found)) if len(found) > 2 else None


def multivariate_signal(found: Separation, usual: UsualSeparation | None, *, chance: float) -> Signal:
    """Return whether ``found`` is more than a stable history gives with probability ``chance``."""
    quantile = NormalDist().inv_cdf(1 - chance)
    base = usual or UsualSeparation(0.5, found.error, 0)
    # Of few windows the spread is itself uncertain: Student's quantile, by Cornish and Fisher's first term.
    degrees = max(base.windows - 1, 1) if usual else 10_000
    quantile += (quantile**3 + quantile) / (4 * degrees)
    spread = np.hypot(base.spread, found.error)
    threshold = float(base.mean + quantile * spread)
    tells = threshold < _ALL_DIFFER
    limit = f"threshold {threshold:.3f}" if tells else "windows of the reference differ as much, so it tells nothing"
    return Signal(
        kind="multivariate",
        column=None,
        score=found.auc,
        low=found.auc - _NINETY * found.error,
        high=min(found.auc + _NINETY * found.error, 1.0),
        threshold=threshold if tells else None,
        direction="other",
        unit="AUC of telling the window from the reference",
        sentence=f"a classifier tells the window from the reference with an AUC of {found.auc:.3f}; "
        f"usual is {base.mean:.3f}, {limit}",
    )


def _matrix(rows: pa.Table, binning: Binning) -> FeatureMatrix:
    """Return numbers as they are and words as the codes of their bins, NaN where missing."""
    columns = [_values(rows, name, bins) for name, bins in binning.columns.items()]
    levels = tuple(0 if isinstance(bins, Ranges) else bins.values + 1 for bins in binning.columns.values())
    return FeatureMatrix(np.column_stack(columns).astype(np.float32), tuple(binning.columns), levels)


def _values(rows: pa.Table, name: str, bins: Bins) -> FloatArray:
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    column = rows.column(name).combine_chunks()
    if isinstance(bins, Ranges):
        return bins.numbers(column)
    codes = bins.codes(column).astype(np.float64)
    codes[codes == bins.values + 1] = np.nan
    return codes
