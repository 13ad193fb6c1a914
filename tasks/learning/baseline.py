"""The naive baseline: the same answer for every row, whatever its features."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.learning.contributions import Contributions
from tasks.learning.problem import Problem
from tasks.metrics import Task

_FILE = "baseline.json"


@dataclass(frozen=True)
class BaselineSpec:
    """Has nothing to choose: every spec gets it unasked."""

    kind: Literal["baseline"] = "baseline"


@dataclass(frozen=True)
class Baseline:
    """A constant answer: the mean or median of a regression, the share of the positive class, or of each class."""

    kind: ClassVar[str] = "baseline"
    task: Task
    answer: tuple[float, ...]
    """One number, or for multiclass one for each class."""

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return the answer for each row, shape (rows,) or (rows, classes)."""
        every = np.tile(np.array(self.answer), (len(matrix), 1))
        return every if self.task == "multiclass" else every[:, 0]

    def importance(self) -> dict[str, float]:
        """Return nothing: no feature is read."""
        return {}

    def contributions(self, rows: FeatureMatrix, _usual: FeatureMatrix) -> Contributions:
        """Return that no feature adds anything to the answer."""
        answer = np.array(self.answer)
        amounts = np.zeros((len(rows), len(rows.names), len(answer)))
        return Contributions(answer, amounts, "no feature is read")

    def save(self, folder: Path) -> None:
        """Write ``baseline.json`` into ``folder``."""
        (folder / _FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")


def fit(_: BaselineSpec, train: Labelled, _validation: Labelled, problem: Problem) -> Baseline:
    """Return the mean of the labels, or the shares of the classes.

    In a regression it is what the other kinds estimate, so that a gain over the baseline comes from the features
    alone: the mean, or, where one of them makes absolute errors small, the median.
    """
    if problem.task == "anomaly":  # of a constant score any will do: the share of anomalies among known labels
        known = train.labels[~np.isnan(train.labels)]
        return Baseline(problem.task, (float(known.mean()) if len(known) else 0.0,))
    if problem.median:
        return Baseline(problem.task, (_median(train.labels, train.weights),))
    if problem.task != "multiclass":
        return Baseline(problem.task, (float(np.average(train.labels, weights=train.weights)),))
    counts = np.bincount(train.labels.astype(np.intp), train.weights, minlength=problem.target.codes)
    return Baseline(problem.task, tuple((counts / counts.sum()).tolist()))


def _median(labels: FloatArray, weights: FloatArray | None) -> float:
    """Return the smallest label that half of the weight does not exceed."""
    order = np.argsort(labels, kind="stable")
    below = np.cumsum(np.ones(len(labels)) if weights is None else weights[order])
    return float(labels[order][np.searchsorted(below, below[-1] / 2)])


def load(folder: Path) -> Baseline:
    """Return the baseline saved in ``folder``."""
    found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return Baseline(found["task"], tuple(found["answer"]))
