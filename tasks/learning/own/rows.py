"""What a user's own estimator is given: frames and arrays, and nothing of ours to import."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.learning.problem import Problem
from tasks.metrics import Task

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to learn from, or to choose by."""

    features: "pd.DataFrame"
    """As ``frame`` makes it."""
    labels: FloatArray
    """Shape (rows,): values; or codes of classes, for binary 0 and 1; of an anomaly NaN where unknown."""
    weights: FloatArray | None
    """How much each row counts, shape (rows,); None: all alike."""


@dataclass(frozen=True)
class Question:
    """What is to be learned."""

    task: Task
    classes: tuple[str | int | bool, ...]
    """In the order of their codes; for binary the second is the positive one; none for a regression."""
    seed: int
    """All chance must come from it: the same rows and seed, the same model."""
    threads: int
    """Threads that fitting may use."""


def frame(matrix: FeatureMatrix) -> "pd.DataFrame":
    """Return a frame of float32 columns, NaN where a value is missing.

    A feature that is text in the data is a categorical column of the codes 0, 1, … that training gave its values.
    """
    import pandas as pd

    made = pd.DataFrame(matrix.values, columns=list(matrix.names), copy=True)  # other candidates read the same rows
    for name, levels in zip(matrix.names, matrix.levels, strict=True):
        if levels:
            codes = made[name].fillna(-1).to_numpy().astype(np.int64)
            made[name] = pd.Categorical.from_codes(codes, categories=pd.RangeIndex(levels))
    return made


def rows_of(labelled: Labelled) -> Rows:
    weights = None if labelled.weights is None else labelled.weights.copy()
    return Rows(frame(labelled.matrix), labelled.labels.copy(), weights)


def question_of(problem: Problem) -> Question:
    return Question(problem.task, problem.target.classes, problem.seed, problem.threads)
