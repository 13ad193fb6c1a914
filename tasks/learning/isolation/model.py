"""A fitted isolation forest: scikit-learn grows it, numpy predicts, and arrays are what is saved."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.errors import CandidateFailed
from tasks.learning.contributions import Contributions, by_answers
from tasks.learning.isolation.inputs import Reader, fit_reader
from tasks.learning.problem import Problem
from tasks.spec import IsolationForestSpec

if TYPE_CHECKING:
    from sklearn.ensemble import IsolationForest

_HEAD, _NODES = "isolation_forest.json", "isolation_forest.npy"
_AT_ONCE = 256
"""Rows that go down the trees together: what they need stays in a processor's cache."""
_NODE = np.dtype([("column", "<i4"), ("threshold", "<f8"), ("left", "<i4"), ("right", "<i4"), ("depth", "<f8")])
"""``left`` and ``right`` are places among all nodes, a leaf's its own; ``depth`` is how far it counts to be from the
root: its steps, and as many as it takes on average to tell apart the rows that ended in it.
"""


@dataclass(frozen=True, eq=False)
class Forest:
    """All trees, one after the other."""

    kind: ClassVar[str] = "isolation_forest"
    reader: Reader
    nodes: npt.NDArray[np.void]
    """Of ``_NODE``."""
    roots: tuple[int, ...]
    steps: int
    """From a root to the farthest leaf."""
    usual: float
    """The depth of a row that is like all others: the average of as many rows as a tree has learned from."""

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return how far each row stands apart, shape (rows,): below 0.5 where it is usual, near 1 if like nothing."""
        starts = range(0, max(len(matrix), 1), _AT_ONCE)
        depths = np.concatenate([self._depths(matrix.rows(slice(at, at + _AT_ONCE))) for at in starts])
        return np.asarray(2 ** -(depths / (len(self.roots) * self.usual)))

    def importance(self) -> dict[str, float]:
        """Return nothing: trees cut anywhere, and what sets a row apart differs from row to row."""
        return {}

    def contributions(self, rows: FeatureMatrix, usual: FeatureMatrix) -> Contributions:
        """Return what each feature adds to the scores of ``rows``: estimates, by what the model answers."""
        return by_answers(self.predict, rows, usual, probabilities=False)

    def save(self, folder: Path) -> None:
        """Write ``isolation_forest.json`` and ``isolation_forest.npy`` into ``folder``."""
        head = {"reader": self.reader.to_json(), "roots": self.roots, "steps": self.steps, "usual": self.usual}
        (folder / _HEAD).write_text(json.dumps(head, indent=1), encoding="utf-8")
        np.save(folder / _NODES, self.nodes, allow_pickle=False)

    def _depths(self, matrix: FeatureMatrix) -> FloatArray:
        """Return the sum of the depths of the leaves that each row ends in."""
        values = self.reader.read(matrix).astype(np.float64)
        rows = np.arange(len(values))[:, None] * values.shape[1]
        at = np.tile(np.array(self.roots), (len(values), 1))
        for _ in range(self.steps):  # down all trees at once, a step at a time; a leaf leads to itself
            goes_left = values.ravel().take(rows + self._column.take(at)) <= self._threshold.take(at)
            at = self._below.take(2 * at + goes_left)
        depths = np.zeros(len(values))
        for tree in self._depth.take(at).T:  # one by one, as scikit-learn adds them: another order has other last bits
            depths += tree
        return depths

    @cached_property
    def _column(self) -> npt.NDArray[np.intp]:
        return self.nodes["column"].astype(np.intp)

    @cached_property
    def _threshold(self) -> FloatArray:
        return np.ascontiguousarray(self.nodes["threshold"])

    @cached_property
    def _depth(self) -> FloatArray:
        return np.ascontiguousarray(self.nodes["depth"])

    @cached_property
    def _below(self) -> npt.NDArray[np.intp]:
        """Where each node leads: to the right, and then to the left."""
        return np.column_stack([self.nodes["right"], self.nodes["left"]]).ravel().astype(np.intp)


def fit(candidate: IsolationForestSpec, train: Labelled, _validation: Labelled, problem: Problem) -> Forest:
    """Return the forest of the rows of ``train`` that are not known to be anomalies: most have no label at all.

    Raises:
        CandidateFailed: fewer than two rows are left.
    """
    from sklearn.ensemble import IsolationForest

    usual = np.flatnonzero(train.labels != 1)
    if len(usual) < 2:
        raise CandidateFailed(f"isolation_forest: {len(usual)} rows of train are not known to be anomalies")
    if train.weights is not None:  # trees draw rows, all alike: so draw them by weight before
        chances = train.weights[usual] / train.weights[usual].sum()
        usual = np.random.default_rng(problem.seed).choice(usual, len(usual), p=chances)
    reader = fit_reader(train.matrix.rows(usual))
    grown = IsolationForest(
        n_estimators=candidate.trees,
        max_samples=min(candidate.tree_rows, len(usual)),
        random_state=problem.seed,
    ).fit(reader.read(train.matrix.rows(usual)))
    return _taken_down(grown, reader)


def load(folder: Path) -> Forest:
    """Return the forest saved in ``folder``."""
    head: dict[str, Any] = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
    nodes = np.load(folder / _NODES, allow_pickle=False)
    return Forest(Reader.from_json(head["reader"]), nodes, tuple(head["roots"]), head["steps"], head["usual"])


def _taken_down(grown: "IsolationForest", reader: Reader) -> Forest:
    """Return the trees of scikit-learn as arrays."""
    trees = [one.tree_ for one in grown.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees)])
    nodes = np.concatenate([_nodes(tree, root) for tree, root in zip(trees, roots, strict=False)])
    usual = float(_to_tell_apart(np.array([grown.max_samples_]))[0])
    return Forest(reader, nodes, tuple(roots[:-1].tolist()), max(tree.max_depth for tree in trees), usual)


def _nodes(tree: Any, root: int) -> npt.NDArray[np.void]:  # noqa: ANN401 - scikit-learn's, of no public type
    made = np.zeros(tree.node_count, dtype=_NODE)
    leaf, own = tree.children_left < 0, np.arange(tree.node_count)
    made["column"] = np.where(leaf, 0, tree.feature)
    made["threshold"] = tree.threshold
    made["left"] = root + np.where(leaf, own, tree.children_left)
    made["right"] = root + np.where(leaf, own, tree.children_right)
    steps = np.zeros(tree.node_count)
    for node in np.flatnonzero(~leaf):  # a node stands before those below it
        steps[[tree.children_left[node], tree.children_right[node]]] = steps[node] + 1
    made["depth"] = (steps + 1) + _to_tell_apart(tree.n_node_samples) - 1.0  # in the order that scikit-learn adds in
    return made


def _to_tell_apart(rows: npt.NDArray[np.intp]) -> FloatArray:
    """Return the average steps that a random tree takes to tell so many rows apart (Liu, Ting and Zhou 2008, eq. 1)."""
    many = np.maximum(rows, 3).astype(np.float64)
    average = 2 * (np.log(many - 1) + np.euler_gamma) - 2 * (many - 1) / many
    return np.where(rows <= 1, 0.0, np.where(rows == 2, 1.0, average))
