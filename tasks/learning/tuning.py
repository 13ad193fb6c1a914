"""Look for better parameters of the candidate that validation chose, within a budget. The only door to Optuna.

A trial is one set of parameters, fitted on the chosen window and measured by the loss on validation; the holdout is
not there to be looked at. The sampler of a trial is seeded by the trial's number, and knows only the trials before it,
so a search that was killed goes on as if it had not been.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tasks.errors import SettingsError, SpecError
from tasks.learning.attempt import Attempt, Course, Entry
from tasks.learning.pace import Pace
from tasks.learning.spaces import SPACES, Parameters, parameters_of, with_parameters
from tasks.learning.studies import Journal, Shelf, State, Trial
from tasks.spec import CandidateSpec, ModelSpec, TuningSpec

if TYPE_CHECKING:
    import optuna

NOISE = 0.001
"""Share of the loss that counts as no gain: what another seed of the same parameters changes (docs/learning.md)."""
_STARTS, _RANDOM = 3, 8
"""Sets of parameters taken over from earlier studies, and trials that are drawn before any are modelled."""
_TIME = "the budget of time is spent"
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
    tuning, kind = course.spec.tuning, own.fitted.kind
    assert tuning is not None
    if kind not in SPACES:
        return Searched(_unsearched(own, f"not begun: {kind} has no parameters to look for"), None)
    spent = shelf.spent(time.time())
    left = float("inf") if tuning.monthly_minutes is None else 60 * tuning.monthly_minutes - spent
    if left <= own.seconds:
        return _refused(own, tuning, spent)
    candidate = own.entry.candidate
    journal = shelf.journal(kind, candidate.model_dump_json(), str(own.entry.choice.window))  # type: ignore[union-attr]
    journal.open(_starts(shelf, kind))
    budget = _budget(course.spec, tuning, shelf.price_per_hour)
    searched = _Search(course, own, journal, _Limits(tuning, min(budget, left), clock)).run()
    if len(searched.study.trials) > 1:
        return searched
    if left <= budget:
        return _refused(own, tuning, spent)
    raise SpecError(
        f"deployments/{course.spec.model}.toml: tuning: its budget, {budget:.1f} s, is too small for one trial of "
        f"{kind}: the spec's own parameters took {own.seconds:.1f} s; allowed: a larger one, or no [tuning]"
    )


@dataclass(frozen=True)
class _Limits:
    """What ends a search."""

    tuning: TuningSpec
    seconds: float
    clock: Callable[[], float]


class _OutOfTimeError(Exception):
    """The budget ended within a trial."""


class _PrunedError(Exception):
    """A trial is worse on its way than most were at that point."""


class _Search:
    """One search, from its first trial or from where it was killed."""

    def __init__(self, course: Course, own: Attempt, journal: Journal, limits: _Limits) -> None:
        self._course, self._own, self._journal, self._limits = course, own, journal, limits
        self._candidate: CandidateSpec = own.entry.candidate  # type: ignore[assignment]
        self._loss = _LOSSES[course.spec.task]
        self._deadline = limits.clock() + limits.seconds - journal.spent
        self._best: tuple[int, Attempt] | None = None
        """Number and model of the best trial, if it was of this process."""

    def run(self) -> Searched:
        """Try until something ends it."""
        if not self._journal.trials:
            self._journal.add(self._first())
        while (ended := self._ended()) is None:
            start = self._limits.clock()
            try:
                self._journal.add(self._try(len(self._journal.trials)))
            except _OutOfTimeError:
                self._journal.lose(self._limits.clock() - start)
                ended = _TIME
                break
        return self._outcome(ended)

    def _first(self) -> Trial:
        """Return the spec's own parameters as the first trial: they were trained already, and cost nothing."""
        loss = self._own.metrics[self._loss]
        return Trial(0, parameters_of(self._candidate), loss, {}, "complete", 0.0, time.time())

    def _ended(self) -> str | None:
        """Return why no further trial is to begin; None: one is."""
        trials, tuning = self._journal.trials, self._limits.tuning
        if tuning.trials is not None and len(trials) > tuning.trials:
            return f"all {tuning.trials} trials are done"
        if (left := self._deadline - self._limits.clock()) <= 0:
            return _TIME
        uninterrupted = max([self._own.seconds, *(trial.seconds for trial in trials)])
        if not Pace.knows(self._candidate.kind) and left < uninterrupted:
            return "the budget of time does not hold another trial"
        idle = len(trials) - 1 - _last_gain(trials)
        if idle >= tuning.patience:
            return f"{idle} trials in a row gained less than {100 * NOISE:g} % of the loss"
        return None

    def _try(self, number: int) -> Trial:
        """Run the trial of that number; raise _OutOfTimeError if the budget ends within it."""
        start, at = self._limits.clock(), time.time()
        live = self._ask(number)
        pace = Pace(with_parameters(self._candidate, live.params), _watching(live))
        try:
            attempt = self._run(pace)
        except _PrunedError:
            loss, state = min(pace.seen.values()), "pruned"
        else:
            loss, state = attempt.metrics[self._loss], "complete"
            if loss < min(trial.loss for trial in self._journal.trials if trial.complete):
                self._best = number, attempt
        seconds = self._limits.clock() - start
        return Trial(number, dict(live.params), loss, pace.seen, cast("State", state), seconds, at)

    def _ask(self, number: int) -> "optuna.Trial":
        """Return the trial of that number, with its parameters: they follow from the trials before it and the seed."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        seed = int(np.random.SeedSequence([self._course.problem.seed, number]).generate_state(1)[0])
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=_RANDOM),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=Pace.WARM_UP, n_min_trials=3),
        )
        study.add_trials([_frozen(trial, self._journal.kind) for trial in self._journal.trials])
        if number <= len(self._journal.starts):
            study.enqueue_trial(self._journal.starts[number - 1])
        return study.ask(dict(_distributions(self._journal.kind)))

    def _run(self, pace: Pace) -> Attempt:
        """Train a candidate to its end, or until the budget or the pruner stops it."""

        def told(round_: int, loss: float) -> None:
            if self._limits.clock() > self._deadline:
                raise _OutOfTimeError
            pace.tell(round_, loss)

        course = replace(self._course, problem=replace(self._course.problem, watch=told))
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


def _watching(live: "optuna.Trial") -> Callable[[int, float], None]:
    def watch(step: int, loss: float) -> None:
        live.report(loss, step)
        if live.should_prune():
            raise _PrunedError

    return watch


def _refused(own: Attempt, tuning: TuningSpec, spent: float) -> Searched:
    quota = f"tuning.monthly_minutes = {tuning.monthly_minutes:g}"
    return Searched(_unsearched(own, f"refused: {spent / 60:.1f} of {quota} were spent within 30 days"), None)


def _unsearched(own: Attempt, why: str) -> Study:
    return Study(own.fitted.kind, str(own.entry.choice.window), (), why)


def _last_gain(trials: list[Trial]) -> int:
    """Return the number of the last trial that was better than all before it by more than the noise."""
    last, lowest = 0, trials[0].loss
    for trial in trials[1:]:
        if trial.complete and trial.loss < lowest * (1 - NOISE):
            last, lowest = trial.number, trial.loss
    return last


def _starts(shelf: Shelf, kind: str) -> list[Parameters]:
    """Return the best parameters of the model's last studies, the newest first, each once."""
    names = {one.name for one in SPACES[kind]}
    found: dict[str, Parameters] = {}
    for journal in shelf.past():
        done = [trial for trial in journal.trials if trial.complete]
        if journal.kind == kind and len(done) > 1:
            best = min(done, key=lambda trial: trial.loss).parameters
            if set(best) == names:
                found.setdefault(json.dumps(best, sort_keys=True), best)
    return list(found.values())[:_STARTS]


def _budget(spec: ModelSpec, tuning: TuningSpec, price_per_hour: float | None) -> float:
    """Return the seconds that a search may take: the least of what each budget allows."""
    limits = [float("inf")]
    if tuning.minutes is not None:
        limits.append(60 * tuning.minutes)
    if tuning.money is not None:
        if price_per_hour is None:
            raise SettingsError(
                f"deployments/{spec.model}.toml: tuning.money = {tuning.money:g} needs the price of an hour of this "
                "machine: set PERENNIAL_PRICE_PER_HOUR, in the same money"
            )
        limits.append(3600 * tuning.money / price_per_hour)
    return min(limits)


def _distributions(kind: str) -> Mapping[str, "optuna.distributions.BaseDistribution"]:
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        one.name: IntDistribution(int(one.low), int(one.high), log=one.log)
        if one.whole
        else FloatDistribution(one.low, one.high, log=one.log)
        for one in SPACES[kind]
    }


def _frozen(trial: Trial, kind: str) -> "optuna.trial.FrozenTrial":
    """Return a trial as Optuna remembers it."""
    from optuna.trial import TrialState, create_trial

    state = TrialState.COMPLETE if trial.complete else TrialState.PRUNED
    values: dict[str, Any] = {"value": trial.loss} if trial.complete else {}
    distributions = dict(_distributions(kind))
    return create_trial(
        state=state,
        params=dict(trial.parameters),
        distributions=distributions,
        intermediate_values=dict(trial.seen),
        **values,
    )
