"""What terms say of a target: a linear model of sparse weights, kept as plain numbers."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.data.outcomes import Outcomes
from tasks.metrics.losses import log_loss, squared_error

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PENALTIES = (0.2, 1.0, 5.0)
"""Of the ridge, that are tried: many texts that say much bear the least, few that say little need the most."""
_TRIED = 50_000
"""Rows, the newest ones, on which they are."""
_UNKNOWN_CLASS = -14.0
"""Score of a class that no row had: a probability of about one in a million."""


@dataclass(frozen=True)
class Answer:
    """A linear model: for each output its intercept, and a weight for each term."""

    intercept: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    """Shape (terms, outputs)."""

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Answer":
        return cls(tuple(found["intercept"]), tuple(tuple(weights) for weights in found["weights"]))

    def score(self, rows: "csr_array") -> FloatArray:
        """Return the scores of ``rows``, shape (rows, outputs): values, log odds of a positive, or of each class."""
        return np.asarray(rows @ self.matrix + np.array(self.intercept))

    @cached_property
    def matrix(self) -> FloatArray:
        """The weights, shape (terms, outputs)."""
        return np.array(self.weights, dtype=np.float64).reshape(len(self.weights), len(self.intercept))


def choose_penalty(rows: "csr_array", outcomes: Outcomes, places: npt.NDArray[np.intp]) -> float:
    """Return the penalty by which the older of ``rows`` tell most of the newest fifth.

    The outcomes of ``rows`` are those at ``places``.
    """
    order = np.argsort(outcomes.times[places], kind="stable")[-_TRIED:]
    older, newer = np.split(order, [len(order) * 4 // 5])
    if not len(older) or not rows.size:
        return PENALTIES[-1]

    def loss(penalty: float) -> float:
        scores = fit_answer(rows[older], outcomes, places[older], penalty).score(rows[newer])
        return float(_losses(scores, outcomes, places[newer]).mean())

    return min(PENALTIES, key=loss)


def _losses(scores: FloatArray, outcomes: Outcomes, places: npt.NDArray[np.intp]) -> FloatArray:
    labels = outcomes.labels[places]
    if outcomes.task == "regression":
        return squared_error(labels, scores[:, 0])
    if outcomes.task == "binary":
        return log_loss(labels, (1 + np.tanh(scores[:, 0] / 2)) / 2)
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return log_loss(labels, exponents / exponents.sum(axis=1, keepdims=True))


def fit_answer(rows: "csr_array", outcomes: Outcomes, places: npt.NDArray[np.intp], penalty: float) -> Answer:
    """Return what the terms of ``rows`` say of the outcomes at ``places``, which are the same rows."""
    labels, outputs = outcomes.labels[places], len(outcomes.outputs)
    nothing = np.zeros((rows.shape[1], outputs))
    if outcomes.task == "regression":
        if not rows.size:
            return _answer(np.array([labels.mean() if len(labels) else 0.0]), nothing)
        return _answer(*_ridge(rows, labels, penalty))
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2 or not rows.size:
        return _answer(_shares(classes, counts, outcomes), nothing)
    intercept, weights = _logistic(rows, labels, penalty)
    if outcomes.task == "binary":
        return _answer(intercept, weights)
    if len(classes) == 2:  # one score, that of the second
        intercept, weights = np.array([0.0, intercept[0]]), np.hstack([np.zeros_like(weights), weights])
    every, spread = np.full(outputs, _UNKNOWN_CLASS), nothing
    every[classes.astype(int)], spread[:, classes.astype(int)] = intercept, weights
    return _answer(every, spread)


def _ridge(rows: "csr_array", labels: FloatArray, penalty: float) -> tuple[FloatArray, FloatArray]:
    from sklearn.linear_model import Ridge
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):  # BLAS rounds by the number of its threads
        found = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-4).fit(rows, labels)
    return np.array([found.intercept_]), found.coef_.reshape(-1, 1)


def _logistic(rows: "csr_array", labels: FloatArray, penalty: float) -> tuple[FloatArray, FloatArray]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = LogisticRegression(C=1 / penalty, tol=1e-3, max_iter=300).fit(rows, labels)
    return found.intercept_, found.coef_.T


def _shares(classes: FloatArray, counts: npt.NDArray[np.intp], outcomes: Outcomes) -> FloatArray:
    """Return the scores of outcomes of which nothing is told apart."""
    if outcomes.task == "binary":
        return np.array([-_UNKNOWN_CLASS if len(classes) and classes[0] == 1 else _UNKNOWN_CLASS])
    found = np.full(len(outcomes.outputs), _UNKNOWN_CLASS)
    found[classes.astype(int)] = np.log(counts / max(counts.sum(), 1))
    return found


def _answer(intercept: FloatArray, weights: FloatArray) -> Answer:
    return Answer(tuple(intercept.tolist()), tuple(tuple(one) for one in weights.tolist()))
