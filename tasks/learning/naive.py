"""Naive forecasts: the last known labels, and the mean label of a season. They learn nothing of what comes later."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.errors import CandidateFailed, SpecError
from tasks.learning.contributions import Contributions, by_answers
from tasks.learning.problem import Problem
from tasks.metrics import Task
from tasks.spec import LastValueSpec, SeasonalSpec

_HEAD, _KEYS, _ANSWERS = "naive.json", "keys.npy", "answers.npy"
_PRIOR_ROWS = 1
"""So many rows of the overall mean count in each season's: one with a single row is not believed outright."""
Keys = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Table:
    """An answer for each combination of the values of some features, and one for all others."""

    kind: str
    task: Task
    columns: tuple[int, ...]
    """Positions of these features in the matrix; none: there is one answer."""
    keys: Keys
    """Shape (combinations, columns); -inf where a value is missing."""
    answers: FloatArray
    """Shape (combinations, outputs): one output, or for multiclass one for each class."""
    otherwise: tuple[float, ...]
    """For a combination that training did not have, shape (outputs,)."""

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return the answer for each row, shape (rows,) or (rows, classes)."""
        found = np.tile(np.array(self.otherwise), (len(matrix), 1))
        if self.columns:
            places = _places(self.keys, _keys(matrix, self.columns))
            found[places >= 0] = self.answers[places[places >= 0]]
        return found if self.task == "multiclass" else found[:, 0]

    def importance(self) -> dict[str, float]:
        """Return nothing: no feature is weighed against another."""
        return {}

    def contributions(self, rows: FeatureMatrix, usual: FeatureMatrix) -> Contributions:
        """Return what each feature adds to the scores of ``rows``: estimates, by what the model answers."""
        return by_answers(self.predict, rows, usual, probabilities=self.task != "regression")

    def save(self, folder: Path) -> None:
        """Write ``naive.json``, ``keys.npy`` and ``answers.npy`` into ``folder``."""
        head = {"kind": self.kind, "task": self.task, "columns": self.columns, "otherwise": self.otherwise}
        (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")
        np.save(folder / _KEYS, self.keys, allow_pickle=False)
        np.save(folder / _ANSWERS, self.answers, allow_pickle=False)


def fit_last_value(candidate: LastValueSpec, train: Labelled, _validation: Labelled, problem: Problem) -> Table:
    """Return the mean of the newest ``rows`` labels of each combination of ``by``, or of all rows.

    Only of labels that had arrived when validation began: those of its last ``label_delay`` nobody could have known.

    Raises:
        CandidateFailed: none had arrived.
    """
    train = _arrived(train, problem.label_delay)
    columns, outcomes = _columns(candidate.by, train.matrix), _outcomes(train, problem)
    keys, group = _groups(train.matrix, columns)
    order = _oldest_first(train, group)
    ends = np.cumsum(np.bincount(group))[group[order]]
    newest = order[ends - np.arange(len(order)) <= candidate.rows]
    answers = _means(outcomes[newest], group[newest], np.ones(len(newest)))
    otherwise = outcomes.mean(axis=0) if columns else answers[0]
    return Table("last_value", problem.task, columns, keys, answers, tuple(otherwise.tolist()))


def fit_last_value_again(candidate: LastValueSpec, _: object, rows: Labelled, problem: Problem) -> Table:
    """Return it of ``rows`` that no validation follows: of all their labels, since the holdout leaves the gap."""
    return fit_last_value(candidate, rows, rows, replace(problem, label_delay=timedelta(0)))


def fit_seasonal(candidate: SeasonalSpec, train: Labelled, _validation: Labelled, problem: Problem) -> Table:
    """Return the mean label of each combination of ``by``, drawn towards the overall one by a row's weight."""
    columns, outcomes = _columns(candidate.by, train.matrix), _outcomes(train, problem)
    weights = np.ones(len(train)) if train.weights is None else train.weights
    keys, group = _groups(train.matrix, columns)
    overall = np.average(outcomes, axis=0, weights=weights)
    answers = _means(outcomes, group, weights, prior=overall)
    return Table("seasonal", problem.task, columns, keys, answers, tuple(overall.tolist()))


def load(folder: Path) -> Table:
    """Return the model saved in ``folder``."""
    head: dict[str, Any] = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
    keys, answers = (np.load(folder / name, allow_pickle=False) for name in (_KEYS, _ANSWERS))
    return Table(head["kind"], head["task"], tuple(head["columns"]), keys, answers, tuple(head["otherwise"]))


def _arrived(train: Labelled, delay: timedelta) -> Labelled:
    if train.ages is None or not delay:
        return train
    known = train.ages >= delay // timedelta(microseconds=1)
    if not known.any():
        raise CandidateFailed(f"last_value: no label of {len(train):,} rows had arrived before validation began")
    return train.part(known)


def _columns(by: Sequence[str], matrix: FeatureMatrix) -> tuple[int, ...]:
    """Return where the features are that ``by`` names; ``hour`` means the calendar's ``….hour`` too."""
    found = []
    for wanted in by:
        places = [nth for nth, name in enumerate(matrix.names) if name == wanted or name.endswith(f".{wanted}")]
        if not places:
            near = difflib.get_close_matches(wanted, matrix.names, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"features: {', '.join(matrix.names)}"
            raise SpecError(f"candidates.by: {wanted!r} is no feature, and no part of features.calendar; {hint}")
        found.append(places[0])
    return tuple(found)


def _outcomes(train: Labelled, problem: Problem) -> FloatArray:
    """Return what is averaged, shape (rows, outputs): the labels, or a 1 for the class of each row."""
    if problem.task != "multiclass":
        return train.labels[:, None]
    return np.asarray(np.eye(problem.target.codes)[train.labels.astype(np.intp)])


def _keys(matrix: FeatureMatrix, columns: tuple[int, ...]) -> Keys:
    values = matrix.values[:, list(columns)] + np.float32(0)  # -0 and 0 are one value
    return np.where(np.isnan(values), np.float32(-np.inf), values)


def _groups(matrix: FeatureMatrix, columns: tuple[int, ...]) -> tuple[Keys, npt.NDArray[np.intp]]:
    """Return the combinations of values that there are, and which of them each row has."""
    if not columns:
        return np.empty((1, 0), dtype=np.float32), np.zeros(len(matrix), dtype=np.intp)
    keys, group = np.unique(_keys(matrix, columns), axis=0, return_inverse=True)
    return keys, group.reshape(-1)


def _places(keys: Keys, wanted: Keys) -> npt.NDArray[np.intp]:
    """Return which of ``keys`` each row of ``wanted`` is; -1: none."""
    _, which = np.unique(np.concatenate([keys, wanted]), axis=0, return_inverse=True)
    which = which.reshape(-1)
    known = np.full(which.max(initial=0) + 1, -1, dtype=np.intp)
    known[which[: len(keys)]] = np.arange(len(keys))
    return np.asarray(known[which[len(keys) :]])


def _oldest_first(train: Labelled, group: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the order of the rows by group, and within each from the oldest to the newest."""
    if train.ages is None:
        return np.argsort(group, kind="stable")
    return np.lexsort((-train.ages, group))


def _means(
    outcomes: FloatArray, group: npt.NDArray[np.intp], weights: FloatArray, prior: FloatArray | None = None
) -> FloatArray:
    """Return the weighted mean of each group, shape (groups, outputs), with ``prior`` as one more row."""
    counts = np.bincount(group, weights)
    sums = np.column_stack([np.bincount(group, weights * one) for one in outcomes.T])
    if prior is None:
        return np.asarray(sums / counts[:, None])
    return np.asarray((sums + _PRIOR_ROWS * prior) / (counts + _PRIOR_ROWS)[:, None])
