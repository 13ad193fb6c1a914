"""What a model says of the very rows it is made of, when it has seen none of their kin."""

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import Ages, FloatArray, Labelled
from tasks.learning import estimator
from tasks.learning.problem import Problem
from tasks.spec import LightGBMSpec

FOLDS = 5
_BLOCKS_EACH = 4
"""Stretches of time that a fold is made of: one alone would have a season that no other fold has."""
_FITTED = 100_000
"""Rows that a fold's model learns from, at most."""
Folds = npt.NDArray[np.intp]
Groups = npt.NDArray[np.int64]


def folds_of(rows: Labelled, groups: Groups | None) -> Folds:
    """Return the fold of each row: rows of one group, or of one stretch of time, are in one fold together.

    Rows that are alike would else tell each other's labels, and a wrong one that is there twice would look right.
    """
    if groups is not None:
        _, codes = np.unique(groups, return_inverse=True)
        return np.asarray(np.random.default_rng(0).permutation(codes.max(initial=0) + 1)[codes] % FOLDS)
    ages = rows.ages if rows.ages is not None else np.arange(len(rows))
    return _blocks(ages, FOLDS * _BLOCKS_EACH) % FOLDS


def _blocks(ages: Ages, count: int) -> Folds:
    """Return the stretch of time of each row, of about as many rows each; what happened at once is not parted."""
    edges = np.quantile(ages, np.linspace(0, 1, count + 1)[1:-1], method="inverted_cdf")
    return np.searchsorted(edges, ages, side="left")


def out_of_fold(rows: Labelled, groups: Groups | None, problem: Problem) -> FloatArray:
    """Return the probabilities of the classes of ``rows``, shape (rows, classes), by models that had none of their kin.

    LightGBM at a fifth of its usual rounds: what is asked is only which rows are sure. A fold's model is stopped by
    the fold after it, and learns from the three that are left.
    """
    folds, codes = folds_of(rows, groups), problem.target.codes
    cheap, found = estimator.quick(LightGBMSpec(kind="lightgbm")), np.full((len(rows), codes), 1 / codes)
    for fold in np.unique(folds):
        stop = (fold + 1) % FOLDS
        learn = _some((folds != fold) & (folds != stop), problem.seed)
        if not learn.any() or not (folds == stop).any():
            continue  # so few groups that nobody is left to say anything: all classes are alike
        learned, stopping = (Labelled(rows.matrix.rows(m), rows.labels[m]) for m in (learn, folds == stop))
        told = estimator.fit(cheap, learned, stopping, problem).predict(rows.matrix.rows(folds == fold))
        found[folds == fold] = np.column_stack([1 - told, told]) if told.ndim == 1 else told
    return found


def _some(rows: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.bool_]:
    """Return at most so many of ``rows`` as a model is to learn from."""
    share = _FITTED / max(int(rows.sum()), 1)
    return rows if share >= 1 else rows & (np.random.default_rng(seed).random(len(rows)) < share)
