"""Look for better parameters of the candidate that validation chose, within a budget.

A trial is one set of parameters, fitted on the chosen window and measured by the loss on validation; the holdout is
not there to be looked at. The sampler of a trial is seeded by the trial's number, and knows only the trials before it,
so a search that was killed goes on as if it had not been.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from tasks.errors import SpecError
from tasks.learning.attempt import Attempt, Course, Entry
from tasks.learning.budget import SPENT, Limits, left_of_quota, refusal, seconds_of
from tasks.learning.pace import Pace
from tasks.learning.sampler import Pruned, ask, watching
from tasks.learning.spaces import SPACES, parameters_of, with_parameters
from tasks.learning.studies import Journal, Shelf, State, Trial
from tasks.spec import CandidateSpec

_LOSSES = {"binary": "log_loss", "multiclass": "log_loss", "regression": "rmse"}


@dataclass(frozen=True)
class Study:
    """What a search found, and how it ended."""

    kind: str
    window: str
    trials: tuple[Trial, ...]
    ended: str
    """Why no more were tried, in words."""
    starts: int = 0
    """How many sets of parameters earlier studies gave."""

    @property
    def best(self) -> Trial | None:
        """The trial with the lowest loss; of equals the earliest. None: nothing was tried."""
        return min((one for one in self.trials if one.complete), key=lambda one: one.loss, default=None)


@dataclass(frozen=True)
class Searched:
    """A study, and its best parameters as a candidate, trained to its end."""

    study: Study
    attempt: Attempt | None
    """None: nothing better than the spec's own parameters."""


def search(course: Course, own: Attempt, shelf: Shelf, clock: Callable[[], float] = time.monotonic) -> Searched:
    """Return what a search around ``own``, a candidate with the spec's own parameters, finds within the budget.

    Raises:
        SpecError: the budget is too small for one trial.
        SettingsError: a budget in money, and nothing says what an hour costs.
    """
    tuning, kind = course.spec.tuning, own.entry.candidate.kind
    assert tuning is not None
    if kind not in SPACES:
        return _unsearched(own, f"not begun: {kind} has no parameters to look for")
    journal, spent = _journal(own, shelf), shelf.spent(time.time())
    budget, quota = seconds_of(course.spec, tuning, shelf.price_per_hour), left_of_quota(tuning, spent)
    if quota <= own.seconds and len(journal.trials) < 2:
        return _unsearched(own, refusal(tuning, spent))
    limits = Limits(tuning, clock() + min(budget - journal.spent, quota), clock)
    searched = _Search(course, own, journal, limits).run()
    if len(searched.study.trials) > 1:
        return searched
    if quota <= budget:
        return _unsearched(own, refusal(tuning, spent))
    raise SpecError(
        f"deployments/{course.spec.model}.toml: tuning: its budget, {budget:.1f} s, is too small for one trial of "
        f"{kind}: the spec's own parameters took {own.seconds:.1f} s; allowed: a larger one, or no [tuning]"
    )


def _journal(own: Attempt, shelf: Shelf) -> Journal:
    """Return the journal of this search: what a killed one has left, or one that begins from earlier studies."""
    candidate, kind = own.entry.candidate, own.entry.candidate.kind
    journal = shelf.journal(kind, candidate.model_dump_json(), str(own.entry.choice.window))  # type: ignore[union-attr]
    journal.open(shelf.starts(kind))
    return journal


class _OutOfTimeError(Exception):
    """The budget ended within a trial."""


class _Search:
    """One search, from its first trial or from where it was killed."""

    def __init__(self, course: Course, own: Attempt, journal: Journal, limits: Limits) -> None:
        self._course, self._own, self._journal, self._limits = course, own, journal, limits
        self._candidate: CandidateSpec = own.entry.candidate  # type: ignore[assignment]
        self._loss = _LOSSES[course.spec.task]
        self._best: tuple[int, Attempt] | None = None
        """Number and model of the best trial, if it was of this process."""

    def run(self) -> Searched:
        """Try until something ends it."""
        if not self._journal.trials:
            self._journal.add(self._first())
        journal = self._journal
        while (ended := self._limits.reached(journal.trials, len(journal.starts), whole=self._whole())) is None:
            start = self._limits.clock()
            try:
                self._journal.add(self._try(len(self._journal.trials)))
            except _OutOfTimeError:
                self._journal.lose(self._limits.clock() - start)
                ended = SPENT
                break
        return self._outcome(ended)

    def _first(self) -> Trial:
        """Return the spec's own parameters as the first trial: they were trained already, and cost nothing."""
        loss = self._own.metrics[self._loss]
        return Trial(0, parameters_of(self._candidate), loss, {}, "complete", 0.0, time.time())

    def _whole(self) -> float | None:
        """Return the seconds that a trial may take, if it cannot be interrupted: as long as the longest so far."""
        if Pace.knows(self._candidate.kind):
            return None
        return max([self._own.seconds, *(trial.seconds for trial in self._journal.trials)])

    def _try(self, number: int) -> Trial:
        """Run the trial of that number; raise _OutOfTimeError if the budget ends within it."""
        start, at = self._limits.clock(), time.time()
        live = ask(self._journal, number, self._course.problem.seed)
        pace = Pace(with_parameters(self._candidate, live.params), watching(live))
        try:
            attempt = self._run(pace)
        except Pruned:
            loss, state = min(pace.seen.values()), "pruned"
        else:
            loss, state = attempt.metrics[self._loss], "complete"
            if loss < min(trial.loss for trial in self._journal.trials if trial.complete):
                self._best = number, attempt
        seconds = self._limits.clock() - start
        return Trial(number, dict(live.params), loss, pace.seen, cast("State", state), seconds, at)

    def _run(self, pace: Pace) -> Attempt:
        """Train a candidate to its end, or until the budget or the pruner stops it."""

        def told(round_: int, loss: float) -> None:
            if self._limits.left < 0:
                raise _OutOfTimeError
            pace.tell(round_, loss)

        # No checkpoints within a trial: one that goes on half-way would not have told what the pruner decides by.
        course = replace(self._course, problem=replace(self._course.problem, watch=told, checkpoints=None))
        return course.run(Entry(pace.candidate, self._own.entry.choice))

    def _outcome(self, ended: str) -> Searched:
        trials = tuple(self._journal.trials)
        window = str(self._own.entry.choice.window)
        study = Study(self._journal.kind, window, trials, ended, len(self._journal.starts))
        best = study.best
        if best is None or best.number == 0:
            return Searched(study, None)
        if self._best and self._best[0] == best.number:
            return Searched(study, self._best[1])
        # Found before it was killed: the same rows, parameters and seed give the same model.
        tuned = with_parameters(self._candidate, best.parameters)
        return Searched(study, self._course.run(Entry(tuned, self._own.entry.choice)))


def _unsearched(own: Attempt, why: str) -> Searched:
    return Searched(Study(own.entry.candidate.kind, str(own.entry.choice.window), (), why), None)
