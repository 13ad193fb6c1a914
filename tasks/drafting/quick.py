"""A model in a second: fitted on some rows of a draft's sample, to be asked about others of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.features import fit_features, make_matrix
from tasks.data.fitted_features import FittedFeatures
from tasks.data.matrix import FloatArray, Labelled
from tasks.data.window import microseconds_of
from tasks.drafting.trial import Trial
from tasks.learning.baseline import BaselineSpec
from tasks.learning.estimator import Candidate, Fitted, fit
from tasks.learning.problem import Problem
from tasks.spec import LightGBMSpec

Places = npt.NDArray[np.intp]
"""Of rows in ``trial.table``, in order of time."""
MOST_ROWS = 10_000
_STOPS = 5
"""The newest of so many parts of the rows that trees learn from says when to stop."""
_FEW = 2_000


@dataclass(frozen=True)
class Learned:
    """A fitted model, with the features as its own rows fitted them."""

    trial: Trial
    features: FittedFeatures
    fitted: Fitted

    def predict(self, rows: Places) -> FloatArray:
        """Return what it says of ``rows``."""
        return self.fitted.predict(make_matrix(self.trial.table.take(rows), self.features, self.trial.contract))


def learn(trial: Trial, candidate: Candidate, rows: Places) -> Learned:
    """Return ``candidate`` fitted on ``rows``; trees stop by the newest fifth of them.

    Raises:
        PerennialError: it cannot be fitted on them.
    """
    table, outcomes = trial.table.take(rows), trial.outcomes(rows)
    features = fit_features(table, trial.spec, trial.contract, outcomes)
    whole = Labelled(make_matrix(table, features, trial.contract, train=outcomes), trial.labels.values[rows])
    train, stop = whole, whole
    if isinstance(candidate, LightGBMSpec):
        newest = np.arange(len(rows)) >= len(rows) - max(len(rows) // _STOPS, 1)
        train, stop = whole.part(~newest), whole.part(newest)
    problem = Problem(trial.spec.task, trial.labels.target, seed=trial.spec.seed, threads=1)
    return Learned(trial, features, fit(candidate, train, stop, problem))


def trees(rows: int) -> LightGBMSpec:
    """Return trees that cost little: few rounds of large steps."""
    return LightGBMSpec(
        kind="lightgbm", rounds=60, patience=10, leaves=15, min_leaf_rows=5 if rows < _FEW else 20, learning_rate=0.1
    )


NAIVE = BaselineSpec()


def some(rows: Places, most: int = MOST_ROWS) -> Places:
    """Return at most so many of ``rows``, evenly spread."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.intp)]


def places(trial: Trial, *parts: str) -> Places:
    """Return the rows of some parts, in order of time."""
    masks = [mask for part, mask in trial.masks.items() if part in parts]
    return np.flatnonzero(np.any(masks, axis=0) & trial.labels.known)


def has_classes(trial: Trial, rows: Places) -> bool:
    """Say whether there is something to tell apart among the labels of ``rows``."""
    return len(np.unique(trial.labels.values[rows])) > 1


def times_of_rows(trial: Trial, rows: Places) -> npt.NDArray[np.int64]:
    """Return microseconds since 1970, UTC."""
    times = trial.table.column(trial.spec.source.timestamp).to_numpy()[rows]
    return np.asarray(times.astype("datetime64[us]").astype(np.int64))


def blocks(trial: Trial, rows: Places) -> npt.NDArray[np.int64]:
    """Return the block of time of each row, by which the gate takes rows for dependent."""
    block = trial.spec.gate.block
    if block == "row":
        return np.arange(len(rows))
    return np.asarray(times_of_rows(trial, rows) // microseconds_of(block))
