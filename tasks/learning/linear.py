"""A linear model: least squares, logistic or multinomial regression with a ridge penalty."""

import json
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.learning.cells import Encoding, Values, design, fit_encodings
from tasks.learning.contributions import Contributions
from tasks.learning.importance import shares
from tasks.learning.problem import Problem
from tasks.metrics import Task
from tasks.spec import LinearSpec

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_FILE = "linear.json"
_NARROW = 1500
"""Coefficients up to which Newton's method, with its Hessian of coefficients², is fastest and most exact."""


@dataclass(frozen=True, eq=False)
class Term:
    """What one feature adds to the score."""

    encoding: Encoding
    coefficients: FloatArray
    """Shape (cells, scores)."""
    spread: float = 0.0
    """Standard deviation, over the rows of train, of what the feature adds."""

    def add(self, values: Values) -> FloatArray:
        """Return what ``values`` add to the scores, shape (rows, scores)."""
        cells, amounts = self.encoding.encode(values)
        return np.asarray(self.coefficients[cells] * amounts[:, None])


@dataclass(frozen=True, eq=False)
class Linear:
    """A fitted linear model; predicting needs numpy alone."""

    kind: ClassVar[str] = "linear"
    task: Task
    classes: tuple[int, ...]
    """Multiclass: the code that each score stands for. A class that train did not have has probability 0."""
    codes: int
    """The number of classes of the target."""
    intercept: FloatArray
    """Shape (scores,)."""
    terms: tuple[Term, ...]

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return values or probabilities of the positive class, shape (rows,); multiclass (rows, classes)."""
        # Summed feature by feature: BLAS rounds a matrix product by the number of its threads.
        scores = np.tile(self.intercept, (len(matrix), 1))
        for position, term in enumerate(self.terms):
            scores += term.add(matrix.values[:, position])
        return self._answers(scores)

    def importance(self) -> dict[str, float]:
        """Return each feature's share in the spread of the score over the rows of train."""
        return shares((term.encoding.name, term.spread) for term in self.terms)

    def contributions(self, rows: FeatureMatrix, usual: FeatureMatrix) -> Contributions:
        """Return what each feature adds to the scores of ``rows``, beyond what it adds on average over ``usual``."""
        added = np.empty((len(rows), len(self.terms), len(self.intercept)))
        base = self.intercept.copy()
        for position, term in enumerate(self.terms):
            mean = term.add(usual.values[:, position]).mean(axis=0)
            added[:, position] = term.add(rows.values[:, position]) - mean
            base += mean
        how = "exact: coefficient times value, less what it is on average over the rows that judge"
        return Contributions(base, added, how).by_code(self.classes, self.codes)

    def save(self, folder: Path) -> None:
        """Write ``linear.json`` into ``folder``; JSON keeps a float to its last bit."""
        content = {
            "task": self.task,
            "classes": self.classes,
            "codes": self.codes,
            "intercept": self.intercept.tolist(),
            "terms": [_term_to_json(term) for term in self.terms],
        }
        (folder / _FILE).write_text(json.dumps(content, indent=1), encoding="utf-8")

    def _answers(self, scores: FloatArray) -> FloatArray:
        if self.task == "regression":
            return scores[:, 0]
        if self.task == "binary":
            return np.asarray((1 + np.tanh(scores[:, 0] / 2)) / 2)  # 1 / (1 + exp(-score)) cannot overflow so
        exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
        answers = np.zeros((len(scores), self.codes))
        answers[:, list(self.classes)] = exponents / exponents.sum(axis=1, keepdims=True)
        return answers


def fit(candidate: LinearSpec, train: Labelled, _validation: Labelled, problem: Problem) -> Linear:
    """Return the linear model of ``train``."""
    from threadpoolctl import threadpool_limits

    encodings = fit_encodings(train.matrix, train.weights)
    solve = _least_squares if problem.task == "regression" else _logistic
    with threadpool_limits(1, user_api="blas"):  # BLAS rounds by the number of its threads
        intercept, weights = solve(design(train.matrix, encodings), train, candidate.penalty)
    if problem.task == "multiclass" and len(intercept) == 1:  # two of the classes: the first one's score is 0
        intercept, weights = np.append(0.0, intercept), np.hstack([np.zeros_like(weights), weights])
    return Linear(
        task=problem.task,
        classes=tuple(np.unique(train.labels).astype(int).tolist()) if problem.task == "multiclass" else (),
        codes=problem.target.codes,
        intercept=intercept,
        terms=_terms(train.matrix, encodings, weights),
    )


def load(folder: Path) -> Linear:
    """Return the model saved in ``folder``."""
    found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return Linear(
        task=found["task"],
        classes=tuple(found["classes"]),
        codes=found["codes"],
        intercept=np.array(found["intercept"]),
        terms=tuple(_term_from_json(term) for term in found["terms"]),
    )


def _least_squares(cells: "csr_array", train: Labelled, penalty: float) -> tuple[FloatArray, FloatArray]:
    """Return intercept (1,) and weights (cells, 1).

    The normal equations, solved at once: the cells of a category add up to one, which makes the iterative
    solvers creep. Those take no intercept of a sparse design, and need none: numbers have mean 0, and what a
    category adds to the mean of the labels is in its cells.
    """
    from sklearn.linear_model import Ridge

    mean = np.average(train.labels, weights=train.weights)
    ridge = Ridge(alpha=penalty, fit_intercept=False, solver="cholesky")
    found = ridge.fit(cells, train.labels - mean, sample_weight=train.weights)
    return np.array([mean]), found.coef_.reshape(-1, 1)


def _logistic(cells: "csr_array", train: Labelled, penalty: float) -> tuple[FloatArray, FloatArray]:
    """Return intercept (scores,) and weights (cells, scores): one score for two classes, else one for each."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    narrow = cells.shape[1] * len(np.unique(train.labels)) <= _NARROW
    solver = (
        {"solver": "newton-cholesky", "tol": 1e-6} if narrow else {"solver": "lbfgs", "tol": 1e-3, "max_iter": 1000}
    )
    with warnings.catch_warnings():
        # Where a feature separates the classes there is no end to walk to; validation judges what was reached.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = LogisticRegression(C=1 / penalty, **solver).fit(cells, train.labels, train.weights)
    return found.intercept_, found.coef_.T


def _terms(matrix: FeatureMatrix, encodings: tuple[Encoding, ...], weights: FloatArray) -> tuple[Term, ...]:
    parts = np.split(weights, np.cumsum([encoding.cells for encoding in encodings])[:-1])
    terms = [Term(encoding, part) for encoding, part in zip(encodings, parts, strict=True)]
    return tuple(
        replace(term, spread=float(term.add(matrix.values[:, position]).std(axis=0).mean()))
        for position, term in enumerate(terms)
    )


def _term_to_json(term: Term) -> dict[str, Any]:
    return {**asdict(term.encoding), "coefficients": term.coefficients.tolist(), "spread": term.spread}


def _term_from_json(found: dict[str, Any]) -> Term:
    encoding = Encoding(found["name"], found["levels"], found["mean"], found["scale"])
    return Term(encoding, np.array(found["coefficients"]), found["spread"])
