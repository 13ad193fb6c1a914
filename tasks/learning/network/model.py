"""A fitted network. Predicting needs numpy alone, and gives the same bits on every machine."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray
from tasks.learning.contributions import Contributions, by_permutation
from tasks.learning.network.exact import Factor
from tasks.learning.network.inputs import Inputs, Reader
from tasks.learning.network.shape import Shape, Values
from tasks.metrics import Task

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

EPSILON = 1e-5
"""Added to the variance that a norm divides by; torch's own."""
_HEAD, _WEIGHTS = "network.json", "network.npy"
_AT_ONCE = 256
"""Rows predicted together: their layers fit a processor's cache."""


@dataclass(frozen=True)
class Answers:
    """What the outputs stand for."""

    task: Task
    classes: tuple[int, ...] = ()
    """Multiclass: the code of each output. A class that train did not have has probability 0."""
    codes: int = 0
    """The number of classes of the target."""
    mean: float = 0.0
    scale: float = 1.0
    """Regression: of the labels of train."""

    def of(self, scores: FloatArray) -> FloatArray:
        """Return values or probabilities for ``scores``, shape (rows, outputs)."""
        if self.task == "regression":
            return np.asarray(self.mean + self.scale * scores[:, 0])
        if self.task == "binary":
            smaller = _exp(-np.abs(scores[:, 0]))
            return np.where(scores[:, 0] < 0, smaller, 1) / (1 + smaller)
        exponents = _exp(scores - scores.max(axis=1, keepdims=True))
        answers = np.zeros((len(scores), self.codes))
        answers[:, list(self.classes)] = exponents / exponents.sum(axis=1, keepdims=True)
        return answers


@dataclass(frozen=True, eq=False)
class Network:
    """A fitted network, as what is saved of it."""

    kind: ClassVar[str] = "network"
    answers: Answers
    reader: Reader
    shape: Shape
    weights: Values
    """All parameters one after the other, in the order of ``shape``."""
    shares: dict[str, float]
    """Of the features, in what the network knows of validation."""

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return values or probabilities of the positive class, shape (rows,); multiclass (rows, classes)."""
        return np.concatenate(list(self._each(matrix, self.answers.of)))

    def importance(self) -> dict[str, float]:
        """Return each feature's share in how much worse validation is predicted when its values are shuffled."""
        return self.shares

    def contributions(self, rows: FeatureMatrix, usual: FeatureMatrix) -> Contributions:
        """Return what each feature adds to the scores of ``rows``: estimates, since layers cannot be taken apart."""

        def score(matrix: FeatureMatrix) -> FloatArray:
            scores = np.concatenate(list(self._each(matrix, lambda scores: scores)))
            return self.answers.of(scores)[:, None] if self.answers.task == "regression" else scores

        found = by_permutation(score, rows, usual)
        return found.by_code(self.answers.classes, self.answers.codes)

    def save(self, folder: Path) -> None:
        """Write ``network.json`` and ``network.npy`` into ``folder``."""
        head = {
            "answers": asdict(self.answers),
            "reader": self.reader.to_json(),
            "shape": asdict(self.shape),
            "importance": self.shares,
        }
        (folder / _HEAD).write_text(json.dumps(head, indent=1), encoding="utf-8")
        np.save(folder / _WEIGHTS, self.weights, allow_pickle=False)

    def _each(self, matrix: FeatureMatrix, make: Callable[[FloatArray], FloatArray]) -> Iterator[FloatArray]:
        """Yield what ``make`` makes of the scores of ``matrix``, shape (rows, outputs), a few rows at a time."""
        inputs = self.reader.read(matrix)
        # The threads of BLAS change no bit here, and for products of this size they only wait for one another.
        with _pools().limit(limits=1, user_api="blas"):
            for at in range(0, max(len(inputs), 1), _AT_ONCE):
                yield make(self._scores(inputs, slice(at, at + _AT_ONCE)))

    @cached_property
    def _factors(self) -> dict[str, Factor]:
        parameters = self.shape.split(self.weights).items()
        return {name: Factor.of(values) for name, values in parameters if name.endswith("weight")}

    @cached_property
    def _vectors(self) -> dict[str, FloatArray]:
        parameters = self.shape.split(self.weights).items()
        return {name: values.astype(np.float64) for name, values in parameters if not name.endswith("weight")}

    def _scores(self, inputs: Inputs, which: slice) -> FloatArray:
        embedded = [
            self._vectors[f"embedding.{nth}"][inputs.codes[which, nth]] for nth in range(len(self.shape.levels))
        ]
        x = self._linear("in", np.hstack([inputs.numbers[which].astype(np.float64), *embedded]))
        for nth in range(self.shape.blocks):
            block = f"block.{nth}."
            hidden = self._linear(block + "first", self._norm(block, x))
            x += self._linear(block + "second", np.maximum(hidden, 0, out=hidden))
        x = self._norm("", x)
        return self._linear("out", np.maximum(x, 0, out=x))

    def _linear(self, layer: str, rows: FloatArray) -> FloatArray:
        scores = self._factors[f"{layer}.weight"].times(rows)
        scores += self._vectors[f"{layer}.bias"]
        return scores

    def _norm(self, layer: str, rows: FloatArray) -> FloatArray:
        centred: FloatArray = rows - rows.mean(axis=1, keepdims=True)
        centred /= np.sqrt((centred * centred).mean(axis=1, keepdims=True) + EPSILON)
        centred *= self._vectors[f"{layer}scale"]
        centred += self._vectors[f"{layer}shift"]
        return centred


def load(folder: Path) -> Network:
    """Return the network saved in ``folder``."""
    head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
    answers, shape = head["answers"], head["shape"]
    return Network(
        answers=Answers(**{**answers, "classes": tuple(answers["classes"])}),
        reader=Reader.from_json(head["reader"]),
        shape=Shape(**{**shape, "levels": tuple(shape["levels"])}),
        weights=np.load(folder / _WEIGHTS, allow_pickle=False),
        shares=head["importance"],
    )


@cache
def _pools() -> "ThreadpoolController":
    """Return the libraries with threads of their own; to find them takes longer than to predict a row."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _exp(values: FloatArray) -> FloatArray:
    """Return the exponentials to float32's digits: beyond these numpy's own differ from processor to processor."""
    return np.asarray(np.exp(values).astype(np.float32), dtype=np.float64)
