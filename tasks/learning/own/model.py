"""A fitted estimator of the user's own: its file, and what its ``save`` wrote."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tasks.data.code import Source
from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.errors import CandidateFailed
from tasks.learning.contributions import Contributions, by_answers
from tasks.learning.importance import permutation_shares, shares
from tasks.learning.own import answers
from tasks.learning.own.rows import frame, question_of, rows_of
from tasks.learning.own.source import load_class
from tasks.learning.problem import Problem
from tasks.metrics import Task
from tasks.spec import OwnSpec

_HEAD, _SOURCE, _FILES = "own.json", "own.py", "files"
_COMPARED = 200
"""Rows of validation, or of train where it has none, on which what was saved must say what the model said."""


@dataclass(frozen=True, eq=False)
class Own:
    """What is judged is what was written: predictions are those of the class's ``load`` of these files."""

    kind: ClassVar[str] = "own"
    estimator: str
    source: Source
    task: Task
    classes: int
    """The number of classes of the target."""
    files: Mapping[str, bytes]
    """What ``save`` wrote, by name."""
    shares: dict[str, float]

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return values or probabilities of the positive class, shape (rows,); multiclass (rows, classes).

        Raises:
            CandidateFailed: the class raised, or what it gave cannot be used.
        """
        return _predict(self, self._loaded, matrix)

    def importance(self) -> dict[str, float]:
        """Return each feature's share as the class tells it, or else how much worse validation is without it."""
        return self.shares

    def contributions(self, rows: FeatureMatrix, usual: FeatureMatrix) -> Contributions:
        """Return what each feature adds to the scores of ``rows``: estimates, by what the model answers."""
        return by_answers(self.predict, rows, usual, probabilities=self.task != "regression")

    def save(self, folder: Path) -> None:
        """Write ``own.json``, ``own.py``, and what the class saved, under ``files``, into ``folder``."""
        head = {
            "estimator": self.estimator,
            "task": self.task,
            "classes": self.classes,
            "importance": self.shares,
        }
        (folder / _HEAD).write_text(json.dumps(head, indent=1), encoding="utf-8")
        (folder / _SOURCE).write_text(self.source.text, encoding="utf-8")
        answers.written(self.files, folder / _FILES)

    @cached_property
    def _loaded(self) -> Any:  # noqa: ANN401 - the user's own class
        found = load_class(self.estimator, self.source)
        with _temporary() as folder:
            answers.written(self.files, folder)
            return answers.ask(self.estimator, "load", lambda: found.load(folder))  # type: ignore[attr-defined]


def fit(candidate: OwnSpec, train: Labelled, validation: Labelled, problem: Problem) -> Own:
    """Return the user's own estimator, fitted.

    Raises:
        CandidateFailed: a method raised, what it gave cannot be used, or what was saved and loaded says something else.
    """
    name, source = candidate.estimator, problem.sources[candidate.module]
    model = answers.ask(name, "__init__", lambda: load_class(name, source)(**candidate.parameters))
    question = question_of(problem)
    answers.ask(name, "fit", lambda: model.fit(rows_of(train), rows_of(validation), question))
    with _temporary() as folder:
        answers.ask(name, "save", lambda: model.save(folder))
        files = answers.saved(name, folder)
    made = Own(name, source, problem.task, problem.target.codes, files, {})
    _same(made, model, (validation if len(validation) else train).matrix.rows(slice(0, _COMPARED)))
    return replace(made, shares=_shares(made, model, validation, problem))


def load(folder: Path) -> Own:
    """Return the model saved in ``folder``. None of its code is run before it predicts."""
    head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
    source = Source(str(folder / _SOURCE), (folder / _SOURCE).read_text(encoding="utf-8"))
    files = answers.saved(head["estimator"], folder / _FILES)
    return Own(head["estimator"], source, head["task"], head["classes"], files, head["importance"])


def _predict(made: Own, model: Any, matrix: FeatureMatrix) -> FloatArray:  # noqa: ANN401 - the user's own class
    found = answers.ask(made.estimator, "predict", lambda: model.predict(frame(matrix)))
    return answers.usable(made.estimator, found, rows=len(matrix), task=made.task, classes=made.classes)


def _same(made: Own, model: Any, sample: FeatureMatrix) -> None:  # noqa: ANN401
    """Raise CandidateFailed unless what was saved and loaded says of ``sample`` what ``model`` says, bit for bit."""
    before, after = _predict(made, model, sample), made.predict(sample)
    if not np.array_equal(before, after):
        worst = np.abs(before - after).max()
        raise CandidateFailed(f"{made.estimator}: predicts otherwise after save() and load(), by up to {worst:g}")


def _shares(made: Own, model: Any, validation: Labelled, problem: Problem) -> dict[str, float]:  # noqa: ANN401
    if not hasattr(model, "importance"):
        if problem.task == "anomaly":  # there may be no labels to predict worse
            return {}
        return permutation_shares(made.predict, validation, problem)
    told = answers.ask(made.estimator, "importance", model.importance)
    try:
        return shares((str(name), float(amount)) for name, amount in dict(told).items())
    except (TypeError, ValueError):
        raise CandidateFailed(
            f"{made.estimator}: importance() gave {type(told).__name__}; allowed: a number for each feature's name"
        ) from None


@contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
