"""The kinds of model: how each is fitted and loaded, and what all of them can do afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.errors import ArtifactDamaged, SpecError
from tasks.learning import baseline, linear, naive
from tasks.learning import calibrated as calibration
from tasks.learning.balance import class_weights, weighted
from tasks.learning.baseline import BaselineSpec
from tasks.learning.calibrated import Calibrated
from tasks.learning.contributions import Contributions
from tasks.learning.gbm import fitting as gbm_fitting
from tasks.learning.gbm import model as gbm_model
from tasks.learning.isolation import model as isolation
from tasks.learning.network import fitting as network_fitting
from tasks.learning.network import machine as network_machine
from tasks.learning.network import model as network_model
from tasks.learning.own import model as own
from tasks.learning.problem import Problem
from tasks.learning.self_training import self_trained
from tasks.spec import CandidateSpec, Learner, ModelSpec


class Fitted(Protocol):
    """A fitted model of some kind."""

    @property
    def kind(self) -> str: ...

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return values, probabilities of the positive class or scores, shape (rows,); multiclass (rows, classes)."""

    def importance(self) -> dict[str, float]:
        """Return each feature's share, largest first, summing to 1; {} for a model that reads no feature."""

    def contributions(self, rows: FeatureMatrix, usual: FeatureMatrix) -> Contributions:
        """Return what each feature adds to the scores of ``rows``; ``usual`` are rows as they commonly are."""

    def save(self, folder: Path) -> None:
        """Write the model into ``folder``, which exists, as text and arrays. The same model gives the same bytes."""


_Fit = Callable[[Any, Labelled, Labelled, Problem], Fitted]
_Again = Callable[[Any, Any, Labelled, Problem], Fitted]


@dataclass(frozen=True)
class _Kind:
    fit: _Fit
    load: Callable[[Path], Fitted]
    again: _Again | None = None
    """Fits on other rows what was fitted before, with no validation to stop by; None: such a kind cannot."""
    quick: Callable[[Any], Any] | None = None
    """Makes a candidate cheaper, so that windows can be told apart by it; None: it has no rounds to save."""
    require: Callable[[Any], None] = lambda _: None
    """Raises a SpecError if this machine cannot fit the candidate."""


def _afresh(fit: _Fit) -> _Again:
    """Return how a kind that asks no validation is fitted again: as it was before."""
    return lambda candidate, _, rows, problem: fit(candidate, rows, rows, problem)


_KINDS: Mapping[str, _Kind] = {
    "baseline": _Kind(baseline.fit, baseline.load, again=_afresh(baseline.fit)),
    "last_value": _Kind(naive.fit_last_value, naive.load, again=naive.fit_last_value_again),
    "seasonal": _Kind(naive.fit_seasonal, naive.load, again=_afresh(naive.fit_seasonal)),
    "linear": _Kind(linear.fit, linear.load, again=_afresh(linear.fit)),
    "lightgbm": _Kind(gbm_fitting.fit, gbm_model.load, again=gbm_fitting.again, quick=gbm_fitting.quick),
    "network": _Kind(
        network_fitting.fit, network_model.load, quick=network_fitting.quick, require=network_machine.require
    ),
    "own": _Kind(own.fit, own.load),
    "isolation_forest": _Kind(isolation.fit, isolation.load, again=_afresh(isolation.fit)),
}
"""To add a kind: a spec with its name in tasks/spec/candidates.py, a file like these, and a line here."""


Candidate = CandidateSpec | BaselineSpec


def fit(candidate: Candidate, train: Labelled, validation: Labelled, problem: Problem) -> Fitted:
    """Return ``candidate`` fitted on ``train``; kinds that grow step by step stop by ``validation``.

    With ``class_weight`` rows of both count by their class; with ``calibrate`` validation, as it is, sets it right;
    with ``self_training`` rows without a label are learned from, too.
    """
    rules = candidate.self_training if isinstance(candidate, Learner) else None
    if rules and problem.unlabelled:
        alone = replace(problem, watch=None)  # who watches a fit watches the last one
        train = self_trained(
            train, problem.unlabelled, rules, lambda rows: _fit(candidate, rows, validation, alone).predict
        )
    return _fit(candidate, train, validation, problem)


def _fit(candidate: Candidate, train: Labelled, validation: Labelled, problem: Problem) -> Fitted:
    of_kind = _KINDS[candidate.kind].fit
    if not isinstance(candidate, Learner) or candidate.calibrate == "none":
        return of_kind(candidate, train, validation, problem)
    if candidate.class_weight is None:
        fitted = of_kind(candidate, train, validation, problem)
    else:
        weights = class_weights(train, problem)
        fitted = of_kind(candidate, weighted(train, weights), weighted(validation, weights), problem)
    return calibration.calibrated(fitted, validation, candidate.calibrate)


def fit_again(candidate: Candidate, fitted: Fitted, rows: Labelled, problem: Problem) -> Fitted:
    """Return ``candidate`` fitted on ``rows`` as it was ``fitted`` before: with as many rounds, if it has any.

    A calibrated one keeps its curves: there are no rows left that it has not seen.

    Raises:
        SpecError: the kind cannot be fitted without a validation to stop by.
    """
    if isinstance(fitted, Calibrated):
        return replace(fitted, model=fit_again(candidate, fitted.model, rows, problem))
    if isinstance(candidate, Learner) and candidate.class_weight:
        rows = weighted(rows, class_weights(rows, problem))
    return _refitted(candidate)(candidate, fitted, rows, problem)


def predict_validation(fitted: Fitted, validation: Labelled) -> FloatArray:
    """Return what ``fitted`` says of ``validation``; a calibrated one by curves that other rows of it gave."""
    if isinstance(fitted, Calibrated):
        return calibration.crossed(fitted, validation)
    return fitted.predict(validation.matrix)


def _refitted(candidate: Candidate) -> _Again:
    again = _KINDS[candidate.kind].again
    if again is None:
        able = ", ".join(name for name, kind in _KINDS.items() if kind.again)
        raise SpecError(f"window.refit: found a candidate of kind {candidate.kind!r}; allowed with refit: {able}")
    return again


def quick(candidate: Candidate) -> Candidate:
    """Return a cheaper candidate of the same kind, to look at windows with; one without rounds is as it is."""
    make = _KINDS[candidate.kind].quick
    return make(candidate) if make else candidate


def require(spec: ModelSpec) -> None:
    """Raise a SpecError if this machine lacks what a candidate of ``spec`` needs, or the candidate what the spec asks.

    It is asked before anything is trained.
    """
    for position, candidate in enumerate(spec.candidates):
        try:
            if spec.window.refit:
                _refitted(candidate)
            _KINDS[candidate.kind].require(candidate)
        except SpecError as error:
            raise SpecError(f"deployments/{spec.model}.toml: candidates[{position}]: {error}") from None


def load(kind: str, folder: Path) -> Fitted:
    """Return the model of ``kind`` that was saved in ``folder``."""
    if kind == Calibrated.kind:
        return calibration.load(folder, load)
    if kind not in _KINDS:
        raise ArtifactDamaged(f"{folder}: found a model of kind {kind!r}; this version reads {', '.join(_KINDS)}")
    return _KINDS[kind].load(folder)
