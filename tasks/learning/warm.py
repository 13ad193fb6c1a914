"""Candidates that begin from the champion, beside those that are trained afresh.

The champion may have been chosen on rows that choose now. So a warm candidate has to be better than the best fresh
one on those rows of validation that the champion has not seen; it is stopped, and compared with, on these alone.
"""

from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray, Labelled
from tasks.learning.attempt import Attempt, Course, Entry
from tasks.learning.estimator import Fitted
from tasks.learning.race import Raced, race
from tasks.learning.windows import windows_for
from tasks.metrics import evaluate
from tasks.spec import CandidateSpec, LightGBMSpec, ModelSpec, NetworkSpec


@dataclass(frozen=True, eq=False)
class Warmth:
    """What a candidate needs to begin from the champion."""

    champion: Fitted
    train: Labelled
    """The rows of train as the champion's own features make them: it knows no others."""
    validation: Labelled
    unseen: npt.NDArray[np.bool_]
    """Which rows of validation the champion was neither trained nor chosen on."""


def warm_start_of(candidate: CandidateSpec) -> str | None:
    """Return how a candidate begins from the champion; None: it is trained afresh."""
    return candidate.warm_start if isinstance(candidate, LightGBMSpec | NetworkSpec) else None


def is_warm(candidate: CandidateSpec) -> bool:
    return warm_start_of(candidate) is not None


def warm_candidates(spec: ModelSpec, champion: Fitted) -> list[CandidateSpec]:
    """Return the candidates that begin from ``champion``: those of its kind."""
    return [candidate for candidate in spec.candidates if is_warm(candidate) and candidate.kind == champion.kind]


def reason_against(warmth: Warmth, spec: ModelSpec) -> str | None:
    """Return why no candidate can begin from the champion; None: one can."""
    if not warm_candidates(spec, warmth.champion):
        return f"the champion is of kind {warmth.champion.kind}"
    labels = warmth.validation.labels[warmth.unseen]
    if len(labels) < spec.gate.min_rows or (spec.task != "regression" and len(np.unique(labels)) < 2):
        return (
            f"the champion was trained or chosen on all but {len(labels):,} of the {len(warmth.validation):,} rows of "
            f"validation; gate.min_rows = {spec.gate.min_rows:,} are needed that it has not seen"
        )
    return None


@dataclass(frozen=True, eq=False)
class Warmed:
    """What came of the warm candidates."""

    raced: Raced
    """Valued on the rows of validation that the champion has not seen."""
    course: Course
    """By which they were measured."""
    rival: float
    """What the best fresh candidate comes to on the same rows."""

    @property
    def winner(self) -> Attempt | None:
        """The best, if it is better than the best fresh one; None: it is not."""
        whole = [one for one in self.raced.attempts if one.full]
        best = self.course.best(whole) if whole else None
        return best if best and self.course.cost(best.value) < self.course.cost(self.rival) else None


def try_warm(course: Course, fresh: FloatArray, warmth: Warmth, pool: Executor) -> Warmed:
    """Return what came of each warm candidate on each window.

    ``fresh`` is what the best fresh candidate predicts for the rows of validation.
    """
    spec, rows = course.spec, warmth.validation
    own = replace(
        course, validation=rows.part(warmth.unseen), problem=replace(course.problem, champion=warmth.champion)
    )
    windows, _ = windows_for(spec, warmth.train)
    begin = warm_candidates(spec, warmth.champion)
    fields = [[Entry(candidate, window) for window in windows] for candidate in begin]
    rival = evaluate(spec.task, own.validation.labels, fresh[warmth.unseen], spec.gate.metric)[spec.gate.metric]
    return Warmed(race(own, fields, pool), own, rival)
