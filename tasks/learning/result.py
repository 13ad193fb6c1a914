"""What is told of a candidate once it has been tried."""

from dataclasses import dataclass

from tasks.learning.attempt import Attempt
from tasks.learning.baseline import BaselineSpec
from tasks.learning.estimator import Candidate
from tasks.learning.spaces import parameters_of
from tasks.learning.warm import Warmed, warm_start_of
from tasks.spec import Learner, ModelSpec


@dataclass(frozen=True)
class CandidateResult:
    """How one candidate, trained on one window, did on validation."""

    kind: str
    value: float
    """Of the metric that decides, the spec's gate.metric."""
    metrics: dict[str, float]
    """Every metric of the task, by name."""
    seconds: float
    """Time to fit it and to predict validation."""
    window: str = "all"
    rows: int = 0
    """Of the window."""
    full: bool = True
    """Trained to its end; else a cheaper look dropped the window, and ``value`` is what it saw."""
    chosen: bool = False
    tuned: dict[str, float | int] | None = None
    """The parameters that a search found; None: they are the spec's."""
    warm: str | None = None
    """How it began from the champion: continue, refit or fine_tune; None: it was trained afresh."""
    calibrated: str | None = None
    """By which method its probabilities are set right; None: they are as the kind gives them."""
    self_trained: bool = False
    """On rows without a label, too."""
    rival: float | None = None
    """Of a warm one: what the best fresh one came to on the rows of validation that ``value`` is of too."""


def result_of(attempt: Attempt, best: Attempt, spec: ModelSpec, warmed: Warmed | None) -> CandidateResult:
    """Return what is told of ``attempt``; ``best`` is the one that was chosen."""
    candidate = attempt.entry.candidate
    tuned = None if isinstance(candidate, BaselineSpec) or candidate in spec.candidates else parameters_of(candidate)
    warm = None if isinstance(candidate, BaselineSpec) else warm_start_of(candidate)
    return CandidateResult(
        kind=candidate.kind,
        value=attempt.value,
        metrics=attempt.metrics,
        seconds=attempt.seconds,
        window=str(attempt.entry.choice.window),
        rows=len(attempt.entry.choice.rows),
        full=attempt.full,
        chosen=attempt is best,
        tuned=tuned,
        warm=warm,
        calibrated=_calibrated(candidate),
        self_trained=isinstance(candidate, Learner) and candidate.self_training is not None,
        rival=warmed.rival if warmed and warm else None,
    )


def _calibrated(candidate: Candidate) -> str | None:
    return candidate.calibrate if isinstance(candidate, Learner) and candidate.calibrate != "none" else None
