"""A model whose probabilities are set right: each is read off a curve that was fitted on validation.

The same rows may have chosen a model's rounds, and choose between candidates. So a candidate is chosen by what curves
say of rows that they were not fitted on (``crossed``); the model that is kept has a curve of all of them. What is left
is what stopping has seen of validation; docs/labels.md says how little that is.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.learning.contributions import Contributions, by_answers

Method = Literal["sigmoid", "isotonic"]
_FILE, _INNER = "calibrated.json", "model"
_FOLDS = 5
_SMALLEST = 1e-12
"""What counts as the smallest probability that a model can give: its logit is finite."""
_STEPS = 100


class Fitted(Protocol):
    """What is calibrated: a fitted model, as tasks/learning/estimator.py has it."""

    @property
    def kind(self) -> str: ...
    def predict(self, matrix: FeatureMatrix) -> FloatArray: ...
    def importance(self) -> dict[str, float]: ...
    def contributions(self, rows: FeatureMatrix, usual: FeatureMatrix, /) -> Contributions: ...
    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Curve:
    """From the probability that a model gives to the one that comes true."""

    method: Method
    true: tuple[float, ...]
    """isotonic: what comes true at each of the points ``given``, with straight lines between; sigmoid: slope and
    intercept of a line of logits.
    """
    given: tuple[float, ...] = ()

    def of(self, probabilities: FloatArray) -> FloatArray:
        if self.method == "isotonic":
            return np.interp(probabilities, self.given, self.true)
        slope, intercept = self.true
        return _probability(slope * _logit(probabilities) + intercept)


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A fitted model of some kind behind its curves."""

    kind: ClassVar[str] = "calibrated"
    model: Fitted
    curves: tuple[Curve, ...]
    """One for a binary target; else one for each class against all others."""

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return probabilities of the positive class, shape (rows,); multiclass (rows, classes), which sum to 1."""
        return _apply(self.curves, self.model.predict(matrix))

    def importance(self) -> dict[str, float]:
        """Return what the model behind says of its features: a curve changes no order among rows."""
        return self.model.importance()

    def contributions(self, rows: FeatureMatrix, usual: FeatureMatrix) -> Contributions:
        """Return what each feature adds to the scores of ``rows``: estimates, by what the model answers."""
        return by_answers(self.predict, rows, usual, probabilities=True)

    def save(self, folder: Path) -> None:
        """Write ``calibrated.json`` into ``folder``, and the model behind into a folder of its own."""
        content = {"kind": self.model.kind, "curves": [asdict(one) for one in self.curves]}
        (folder / _FILE).write_text(json.dumps(content, indent=1), encoding="utf-8")
        (folder / _INNER).mkdir()
        self.model.save(folder / _INNER)


def calibrated(model: Fitted, validation: Labelled, method: Method) -> Calibrated:
    """Return ``model`` with the curves that ``validation`` gives."""
    return Calibrated(model, _curves(model.predict(validation.matrix), validation.labels, method))


def crossed(model: Calibrated, validation: Labelled) -> FloatArray:
    """Return what the model says of the rows of its calibration, each by curves of the others.

    Those are in five parts that follow one another, so rows of one day are seldom on both sides.
    """
    given, labels = model.model.predict(validation.matrix), validation.labels
    answers = np.empty_like(given)
    for part in np.array_split(np.arange(len(labels)), min(_FOLDS, len(labels))):
        others = np.delete(np.arange(len(labels)), part)
        answers[part] = _apply(_curves(given[others], labels[others], model.curves[0].method), given[part])
    return answers


def load(folder: Path, of_kind: Callable[[str, Path], Fitted]) -> Calibrated:
    """Return the model saved in ``folder``; ``of_kind`` loads the one behind."""
    found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    curves = tuple(Curve(one["method"], tuple(one["true"]), tuple(one["given"])) for one in found["curves"])
    return Calibrated(of_kind(found["kind"], folder / _INNER), curves)


def _apply(curves: tuple[Curve, ...], given: FloatArray) -> FloatArray:
    if given.ndim == 1:
        return curves[0].of(given)
    each = np.column_stack([curve.of(column) for curve, column in zip(curves, given.T, strict=True)])
    return np.asarray(each / each.sum(axis=1, keepdims=True))


def _curves(given: FloatArray, labels: FloatArray, method: Method) -> tuple[Curve, ...]:
    fit = _isotonic if method == "isotonic" else _sigmoid
    if given.ndim == 1:
        return (fit(given, labels),)
    return tuple(fit(column, (labels == code).astype(np.float64)) for code, column in enumerate(given.T))


def _sigmoid(given: FloatArray, happened: FloatArray) -> Curve:
    """Return Platt's curve: a line of the logits, by Newton's method, with his targets in place of 0 and 1.

    Platt 1999, with logits for scores; the targets keep it finite where a model separates the classes. Logits that are
    all alike say nothing, and get the slope 0.
    """
    logits = _logit(given)
    centre, scale = logits.mean(), logits.std() or 1.0
    positive, negative = happened.sum(), len(happened) - happened.sum()
    target = np.where(happened == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    inputs = np.column_stack([(logits - centre) / scale, np.ones(len(given))])
    line = np.array([0.0, np.log((positive + 1) / (negative + 1))])
    loss = _loss(inputs, target, line)
    for _ in range(_STEPS):
        said = _probability((inputs * line).sum(axis=1))
        gradient = (inputs * (said - target)[:, None]).sum(axis=0)
        outer = inputs[:, :, None] * inputs[:, None, :]
        hessian = (outer * (said * (1 - said))[:, None, None]).sum(axis=0) + 1e-12 * np.eye(2)
        step, size = np.linalg.solve(hessian, gradient), 1.0
        while (better := _loss(inputs, target, line - size * step)) > loss and size > 1e-10:
            size /= 2
        line = line - size * step
        if loss - better <= 1e-12 * abs(loss):
            break
        loss = better
    slope = float(line[0] / scale)
    return Curve("sigmoid", (slope, float(line[1] - slope * centre)))


def _isotonic(given: FloatArray, happened: FloatArray) -> Curve:
    """Return the rising steps nearest to what happened (Zadrozny and Elkan 2002).

    None is surer than half a row of so many: a step of positives alone has never seen the next negative.
    """
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression(out_of_bounds="clip").fit(given, happened)
    surest = 0.5 / len(given)
    true = np.clip(found.y_thresholds_, surest, 1 - surest)
    return Curve("isotonic", tuple(true.tolist()), tuple(found.X_thresholds_.tolist()))


def _loss(inputs: FloatArray, target: FloatArray, line: FloatArray) -> float:
    scores = (inputs * line).sum(axis=1)
    return float((np.logaddexp(0, scores) - target * scores).sum())


def _logit(probabilities: FloatArray) -> FloatArray:
    inside = np.clip(probabilities, _SMALLEST, 1 - _SMALLEST)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _probability(scores: FloatArray) -> FloatArray:
    return np.asarray((1 + np.tanh(scores / 2)) / 2)
