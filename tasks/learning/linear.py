"""A linear model: least squares, logistic or multinomial regression with a ridge penalty."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.learning.cells import Encoding, Values, design, fit_encodings
from tasks.learning.importance import shares
from tasks.learning.problem import Problem
from tasks.learning.ridge import Loss, logistic, minimise, softmax, squared
from tasks.metrics import Task
from tasks.spec import LinearSpec

_FILE = "linear.json"


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
    encodings = fit_encodings(train.matrix)
    # In units of their own deviation, so that the search stops as near to the minimum whatever they measure.
    unit = float(train.labels.std() or 1) if problem.task == "regression" else 1.0
    loss = _loss(problem.task, train.labels / unit)
    weights = unit * minimise(loss, design(train.matrix, encodings), candidate.penalty)
    return Linear(
        task=problem.task,
        classes=tuple(np.unique(train.labels).astype(int).tolist()) if problem.task == "multiclass" else (),
        codes=problem.target.codes,
        intercept=weights[0],
        terms=_terms(train.matrix, encodings, weights[1:]),
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


def _loss(task: Task, labels: FloatArray) -> Loss:
    if task == "regression":
        return squared(labels)
    if task == "binary":
        return logistic(labels)
    classes, positions = np.unique(labels, return_inverse=True)
    return softmax(positions, len(classes))


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
