"""Which parameters a trial gets, and when it is stopped on its way. The only door to Optuna."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.learning.pace import Pace
from tasks.learning.spaces import SPACES
from tasks.learning.studies import Journal, Trial

if TYPE_CHECKING:
    import optuna

_RANDOM = 8
"""Trials that are drawn before any are modelled."""


class Pruned(Exception):
    """A trial is worse on its way than most were at that point."""


def ask(journal: Journal, number: int, seed: int) -> "optuna.Trial":
    """Return the trial of that number, with its parameters: they follow from the trials before it and the seed."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    drawn = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=drawn, n_startup_trials=_RANDOM),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=Pace.WARM_UP, n_min_trials=3),
    )
    study.add_trials([_frozen(trial, journal.kind) for trial in journal.trials])
    if number <= len(journal.starts):
        study.enqueue_trial(journal.starts[number - 1])
    return study.ask(dict(_distributions(journal.kind)))


def watching(live: "optuna.Trial") -> Callable[[int, float], None]:
    """Return what tells ``live`` of each step, and raises Pruned once it need not go on."""

    def watch(step: int, loss: float) -> None:
        live.report(loss, step)
        if live.should_prune():
            raise Pruned

    return watch


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
