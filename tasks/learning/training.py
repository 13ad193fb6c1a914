"""Train every candidate of a spec on every window, and choose the one that is best on validation."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import isnan

import numpy as np

from tasks.data.code import Source
from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.data.window import microseconds_of
from tasks.errors import CandidateFailed
from tasks.learning.attempt import Attempt, Course, Entry
from tasks.learning.baseline import BaselineSpec
from tasks.learning.checkpoints import Checkpoints
from tasks.learning.estimator import Candidate, Fitted, fit_again, predict_validation
from tasks.learning.problem import Problem
from tasks.learning.race import race
from tasks.learning.result import CandidateResult, result_of
from tasks.learning.studies import Shelf
from tasks.learning.tuning import Searched, Study, search
from tasks.learning.warm import Warmth, is_warm, try_warm
from tasks.learning.windows import Choice, LeftOut, trusted, windows_for
from tasks.spec import ModelSpec, WindowSpec

_NOWHERE = Shelf(None, "")


@dataclass(frozen=True)
class Trained:
    """What came of one training."""

    candidates: tuple[CandidateResult, ...]
    """The baseline, then the others in the order of the spec, and of each the windows in theirs."""
    chosen: Fitted
    baseline: Fitted
    entry: Entry
    """What the spec says of the chosen one, and what it was trained on."""
    course: Course
    """By which it was measured."""
    left_out: tuple[LeftOut, ...] = ()
    study: Study | None = None
    """What a search for better parameters found, if the spec asks for one."""

    @property
    def choice(self) -> Candidate:
        return self.entry.candidate

    @property
    def warm(self) -> bool:
        """Begun from the champion."""
        return self.course.problem.champion is not None

    @property
    def refitted(self) -> bool:
        """Fitted on validation too, once it had chosen; what begins from the champion is not."""
        return self.course.spec.window.refit and not self.warm


@dataclass(frozen=True, eq=False)
class Given:
    """What a training may be given beside its rows."""

    checkpoints: Checkpoints | None = None
    shelf: Shelf = _NOWHERE
    """Where the studies of searches lie."""
    warmth: Warmth | None = None
    """What candidates with ``warm_start`` begin from; None: they are not tried."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The files of the user's own estimators, by module."""
    unlabelled: Labelled | None = None
    """Rows of train without a label, which candidates with ``self_training`` learn from, too."""


def train(
    spec: ModelSpec, train: Labelled, validation: Labelled, *, target: Target, threads: int, given: Given = Given()
) -> Trained:
    """Return what each candidate did on ``validation``, the best of them by gate.metric, and the baseline.

    On a tie the earlier one wins: the baseline, then the order of the spec. A baseline that nothing beats is
    chosen too; to refuse it is the gate's affair. With ``window.refit`` the chosen one learns from validation too.
    With ``[tuning]``, the best one's parameters are searched for better ones. Candidates with ``warm_start`` are tried
    last.

    Raises:
        CandidateFailed: none of the spec's candidates could be fitted. One of several is left out, with the reason.
    """
    course = Course(spec, validation, _problem(spec, target, threads, given))
    windows, left_out = windows_for(spec, train)
    naive = course.best(course.run(Entry(BaselineSpec(), window)) for window in windows)
    with _side_by_side(threads) as pool:
        tried = _try_fresh(course, windows, naive, given.shelf, pool)
        warmed = None
        if given.warmth:
            warmed = try_warm(course, predict_validation(tried.best.fitted, validation), given.warmth, pool)
    best, used = (warmed.winner, warmed.course) if warmed and warmed.winner else (tried.best, course)
    all_tried = [*tried.attempts, *(warmed.raced.attempts if warmed else ())]
    return Trained(
        candidates=tuple(result_of(one, best, spec, warmed) for one in all_tried),
        chosen=refit(best, used) if spec.window.refit and not used.problem.champion else best.fitted,
        baseline=naive.fitted,
        entry=best.entry,
        course=used,
        left_out=(*left_out, *tried.failed, *(warmed.raced.failed if warmed else ())),
        study=tried.study,
    )


@dataclass(frozen=True, eq=False)
class _Tried:
    """What came of the candidates that are trained afresh."""

    attempts: list[Attempt]
    """The baseline first."""
    best: Attempt
    failed: tuple[LeftOut, ...]
    study: Study | None


def _try_fresh(course: Course, windows: list[Choice], naive: Attempt, shelf: Shelf, pool: Executor) -> _Tried:
    raced = race(course, _fields(course.spec, windows), pool)
    if raced.failed and not raced.attempts:
        raise CandidateFailed(f"{course.spec.model}: {'; '.join(out.why for out in raced.failed)}")
    attempts = [naive, *raced.attempts]
    searched = _search(course, attempts, shelf)
    attempts += [searched.attempt] if searched and searched.attempt else []
    # While too few labels of an anomaly have come nothing is better than anything: then it is not the baseline.
    contenders = attempts[1:] if isnan(naive.value) else attempts
    best = course.best(one for one in contenders if one.full)
    return _Tried(attempts, best, tuple(raced.failed), searched.study if searched else None)


def _problem(spec: ModelSpec, target: Target, threads: int, given: Given) -> Problem:
    return Problem(
        spec.task,
        target,
        spec.seed,
        threads,
        given.checkpoints,
        sources=given.sources,
        unlabelled=given.unlabelled,
        median=spec.learns_a_median,
        label_delay=spec.source.label_delay,
    )


def _search(course: Course, attempts: list[Attempt], shelf: Shelf) -> Searched | None:
    """Search around the best of the spec's candidates, if it is wanted."""
    if course.spec.tuning is None:
        return None
    own = course.best(one for one in attempts if one.full and not isinstance(one.entry.candidate, BaselineSpec))
    return search(course, own, shelf)


def twin(trained: Trained, seed: int) -> Fitted:
    """Return what was chosen as another seed makes it."""
    course = replace(trained.course, problem=replace(trained.course.problem, seed=seed))
    other = course.run(trained.entry)
    return refit(other, course) if trained.refitted else other.fitted


def refit(best: Attempt, course: Course) -> Fitted:
    """Return the best fitted once more, on its window and validation together, with the rounds that were best."""
    rows = _joined(best.entry.choice, course.validation, course.spec.window)
    return fit_again(best.entry.candidate, best.fitted, rows, course.problem)


def _fields(spec: ModelSpec, windows: list[Choice]) -> list[list[Entry]]:
    return [[Entry(candidate, window) for window in windows] for candidate in spec.candidates if not is_warm(candidate)]


@contextmanager
def _side_by_side(threads: int) -> Iterator[Executor]:
    """Give a pool that tries candidates two at a time where there are threads: fits of one kind use one core where
    others use many.

    Which runs beside which changes no result: LightGBM's does not depend on threads, and BLAS, whose rounding
    does, is held to one for as long as anything runs.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(min(2, threads)) as pool:
        yield pool


def _joined(choice: Choice, newer: Labelled, spec: WindowSpec) -> Labelled:
    """Return the rows of a window with those of validation, weighted by their age at validation's end."""
    older = choice.rows
    values = np.concatenate([older.matrix.values, newer.matrix.values])
    matrix = FeatureMatrix(values, older.matrix.names, older.matrix.levels)
    ages = None
    if older.ages is not None and newer.ages is not None:
        ages = np.concatenate([older.ages + microseconds_of(spec.validation), newer.ages])
    trust = None if older.trust is None else np.concatenate([older.trust, np.ones(len(newer))])
    weights = trusted(choice.window.weights(ages), trust)
    return Labelled(matrix, np.concatenate([older.labels, newer.labels]), weights, ages)
