"""The kinds of model: how each is fitted and loaded, and what all of them can do afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.errors import ArtifactDamaged, SpecError
from tasks.learning import baseline, gbm, linear
from tasks.learning.baseline import BaselineSpec
from tasks.learning.network import fitting as network_fitting
from tasks.learning.network import machine as network_machine
from tasks.learning.network import model as network_model
from tasks.learning.problem import Problem
from tasks.spec import CandidateSpec, ModelSpec


class Fitted(Protocol):
    """A fitted model of some kind."""

    @property
    def kind(self) -> str: ...

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return values or probabilities of the positive class, shape (rows,); multiclass (rows, classes)."""

    def importance(self) -> dict[str, float]:
        """Return each feature's share, largest first, summing to 1; {} for a model that reads no feature."""

    def save(self, folder: Path) -> None:
        """Write the model into ``folder``, which exists, as text and arrays. The same model gives the same bytes."""


@dataclass(frozen=True)
class _Kind:
    fit: Callable[[Any, Labelled, Labelled, Problem], Fitted]
    load: Callable[[Path], Fitted]
    require: Callable[[Any], None] = lambda _: None
    """Raises a SpecError if this machine cannot fit the candidate."""


_KINDS: Mapping[str, _Kind] = {
    "baseline": _Kind(baseline.fit, baseline.load),
    "linear": _Kind(linear.fit, linear.load),
    "lightgbm": _Kind(gbm.fit, gbm.load),
    "network": _Kind(network_fitting.fit, network_model.load, network_machine.require),
}
"""To add a kind: a spec with its name in tasks/spec/candidates.py, a file like these, and a line here."""


def fit(candidate: CandidateSpec | BaselineSpec, train: Labelled, validation: Labelled, problem: Problem) -> Fitted:
    """Return ``candidate`` fitted on ``train``; kinds that grow step by step stop by ``validation``."""
    return _KINDS[candidate.kind].fit(candidate, train, validation, problem)


def require(spec: ModelSpec) -> None:
    """Raise a SpecError if this machine lacks what a candidate of ``spec`` needs: before anything is trained."""
    for position, candidate in enumerate(spec.candidates):
        try:
            _KINDS[candidate.kind].require(candidate)
        except SpecError as error:
            raise SpecError(f"deployments/{spec.model}.toml: candidates[{position}]: {error}") from None


def load(kind: str, folder: Path) -> Fitted:
    """Return the model of ``kind`` that was saved in ``folder``."""
    if kind not in _KINDS:
        raise ArtifactDamaged(f"{folder}: found a model of kind {kind!r}; this version reads {', '.join(_KINDS)}")
    return _KINDS[kind].load(folder)
