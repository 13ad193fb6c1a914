"""Train every candidate of a spec, and choose the one that is best on validation."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import isnan
from time import perf_counter

from tasks.data.matrix import FloatArray, Labelled, Target
from tasks.errors import CandidateFailed, NotEnoughData
from tasks.learning.baseline import BaselineSpec
from tasks.learning.checkpoints import Checkpoints
from tasks.learning.estimator import Fitted, fit
from tasks.learning.problem import Problem
from tasks.metrics import METRICS, evaluate
from tasks.spec import CandidateSpec, ModelSpec


@dataclass(frozen=True)
class CandidateResult:
    """How one candidate did on validation."""

    kind: str
    value: float
    """Of the metric that decides, the spec's gate.metric."""
    metrics: dict[str, float]
    """Every metric of the task, by name."""
    seconds: float
    """Time to fit it and to predict validation."""


@dataclass(frozen=True)
class Trained:
    """What came of one training."""

    candidates: tuple[CandidateResult, ...]
    """The baseline, then the others in the order of the spec."""
    chosen: Fitted
    baseline: Fitted
    choice: CandidateSpec | BaselineSpec
    """What the spec says of the chosen one."""
    dropped: tuple[str, ...] = ()
    """Why a candidate could not be fitted, for each that could not."""


def train(
    spec: ModelSpec,
    train: Labelled,
    validation: Labelled,
    *,
    target: Target,
    threads: int,
    checkpoints: Checkpoints | None = None,
) -> Trained:
    """Return what each candidate did on ``validation``, the best of them by gate.metric, and the baseline.

    On a tie the earlier one wins: the baseline, then the order of the spec. A baseline that nothing beats is
    chosen too; to refuse it is the gate's affair.

    Raises:
        CandidateFailed: none of the spec's candidates could be fitted. One of several is dropped.
    """
    problem = Problem(spec.task, target, spec.seed, threads, checkpoints)
    found = _try_all((BaselineSpec(), *spec.candidates), train, validation, problem)
    tried = [attempt for attempt in found if isinstance(attempt, _Attempt)]
    dropped = tuple(str(failed) for failed in found if isinstance(failed, CandidateFailed))
    if len(dropped) == len(spec.candidates):
        raise CandidateFailed(f"{spec.model}: {'; '.join(dropped)}")
    results = tuple(_result(attempt, validation, spec) for attempt in tried)
    best = 0
    for position, result in enumerate(results):
        if METRICS[spec.gate.metric].better(result.value, results[best].value):
            best = position
    return Trained(results, tried[best].fitted, tried[0].fitted, tried[best].candidate, dropped)


@dataclass(frozen=True)
class _Attempt:
    candidate: CandidateSpec | BaselineSpec
    fitted: Fitted
    predictions: FloatArray
    seconds: float


def _try_all(
    candidates: Sequence[CandidateSpec | BaselineSpec], train: Labelled, validation: Labelled, problem: Problem
) -> list[_Attempt | CandidateFailed]:
    """Try all candidates, two at a time where there are threads: fits of one kind use one core where others use many.

    Which runs beside which changes no result: LightGBM's does not depend on threads, and BLAS, whose rounding
    does, is held to one for as long as anything runs.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(min(2, problem.threads)) as pool:
        return list(pool.map(lambda candidate: _try(candidate, train, validation, problem), candidates))


def _try(
    candidate: CandidateSpec | BaselineSpec, train: Labelled, validation: Labelled, problem: Problem
) -> _Attempt | CandidateFailed:
    start = perf_counter()
    try:
        fitted = fit(candidate, train, validation, problem)
    except CandidateFailed as failed:
        return failed
    predictions = fitted.predict(validation.matrix)
    return _Attempt(candidate, fitted, predictions, perf_counter() - start)


def _result(attempt: _Attempt, validation: Labelled, spec: ModelSpec) -> CandidateResult:
    metrics = evaluate(spec.task, validation.labels, attempt.predictions)
    value = metrics[spec.gate.metric]
    if isnan(value):
        raise NotEnoughData(
            f"{spec.model}: gate.metric {spec.gate.metric} has no value on the {len(validation):,} rows of "
            f"validation: the labels are all alike. Set a longer window.validation, or another gate.metric"
        )
    return CandidateResult(attempt.fitted.kind, value, metrics, attempt.seconds)
