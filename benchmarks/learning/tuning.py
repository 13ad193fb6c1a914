"""Does a search find what others find, in its time, and is each one cheaper than the one before?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from time import monotonic, process_time
from typing import Any

import numpy as np

from benchmarks.learning.flown import flight_spec, flights
from benchmarks.learning.streams import Stream
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from tasks.data.matrix import FloatArray, Labelled, Target
from tasks.learning.attempt import Attempt, Course, Entry
from tasks.learning.budget import NOISE
from tasks.learning.problem import Problem
from tasks.learning.spaces import SPACES
from tasks.learning.studies import Shelf
from tasks.learning.tuning import Searched, search
from tasks.learning.windows import Choice, TrainWindow
from tasks.metrics import evaluate
from tasks.spec import LightGBMSpec, ModelSpec, TuningSpec

SECONDS, SLACK, LIBRARY = 60, 66, 1.05
"""A budget, by when a search has to be over, and what fitting may take beside the bare library."""
AS_OF = datetime(2013, 9, 1, tzinfo=UTC)
_WEEKS, _ROUNDS, _SEEDS, _PAIRS = 10, 100, 5, 3
_LENGTH, _ALL = timedelta(days=60), TrainWindow("all")
_OWN = LightGBMSpec(kind="lightgbm")


@dataclass(frozen=True)
class Rival:
    """What came of one way to find a model: log loss on validation and holdout, and seconds."""

    name: str
    validation: float
    holdout: float
    seconds: float

    def line(self) -> list[str]:
        return [self.name, f"{self.validation:.4f}", f"{self.holdout:.4f}", f"{self.seconds:.1f}"]


def study(runner: Runner) -> Section:
    """Measure in this process, one thing after the other: seconds count."""
    seconds = 6 if runner.quick else SECONDS
    with TemporaryDirectory() as home:
        parts, target = flights(_spec(None), AS_OF, Path(home))
        rivals = _rivals(parts, target, seconds)
        weeks = _weeks(Path(home), 2 if runner.quick else _WEEKS)
    ratio, noise = _beside_library(parts, target), _noise(parts, target)
    tuned, bare, forest, own = rivals
    first, last = weeks[0], weeks[-1]
    later = mean(week.seconds for week in weeks[1:])
    level = 1 + NOISE
    missed = [
        f"the search is behind {other.name} by {100 * (tuned.holdout / other.holdout - 1):.2f} %"
        for other in (bare, forest)
        if tuned.holdout > other.holdout * level
    ]
    missed += [f"the search took {tuned.seconds:.1f} s"] if tuned.seconds > seconds * SLACK / SECONDS else []
    missed += [f"fitting takes {ratio:.2f} × the bare library"] if ratio > LIBRARY else []
    return Section(
        title="Search for better parameters",
        shows=(
            f"A search with a budget of {seconds} s was over after {tuned.seconds:.1f} s. Its log loss on the holdout "
            f"is {tuned.holdout:.4f}; a bare Optuna script's in the same time {bare.holdout:.4f}, that of "
            f"scikit-learn's HistGradientBoosting {forest.holdout:.4f}, that of the spec's own parameters "
            f"{own.holdout:.4f}. "
            f"Fitting {_ROUNDS} rounds takes {ratio:.2f} × the CPU of the bare library call. The search of week "
            f"{len(weeks)} took {100 * last.seconds / first.seconds:.0f} % of the CPU of the first, those of "
            f"weeks 2 to {len(weeks)} took {100 * later / first.seconds:.0f} % on average."
        ),
        missed=tuple(missed),
        parts=(
            Table(("log loss", "validation", "holdout", "seconds"), [one.line() for one in rivals]),
            f"Retrainings a week apart, on {_LENGTH.days} days, each search begun from the best parameters of those "
            "before, until `patience = 15` trials in a row gained nothing, or 5 where it began so:",
            Table(
                (
                    "week",
                    "trials",
                    "CPU seconds",
                    "validation, own",
                    "validation, found",
                    "holdout, own",
                    "holdout, found",
                ),
                [week.line(number) for number, week in enumerate(weeks, 1)],
            ),
        ),
        simulated=(
            f"Measured: the flights as of {AS_OF:%d %B %Y}, one split for all, and the {len(weeks) - 1} weeks after; "
            "the bare script has the same limits for its parameters, the same early stopping, a median pruner and a "
            f"seed. What counts as no gain is {100 * NOISE:.2g} % of the loss: another seed, with half of the features "
            f"for each tree, changes the loss on validation by {100 * noise:.2f} % (standard deviation of {_SEEDS})."
        ),
    )


def _spec(tuning: TuningSpec | None) -> ModelSpec:
    gate = flight_spec().gate.model_copy(update={"metric": "log_loss"})
    return flight_spec(tuning=tuning, gate=gate, candidates=[_OWN.model_dump()])


def _course(spec: ModelSpec, parts: Stream, target: Target, seed: int = 7) -> Course:
    return Course(spec, parts.validation, Problem(spec.task, target, seed, 1))


def _search(spec: ModelSpec, parts: Stream, target: Target, shelf: Shelf) -> tuple[Attempt, Searched, float]:
    """Return the spec's own attempt, what was found, and the seconds of the search."""
    course = _course(spec, parts, target)
    own = course.run(Entry(spec.candidates[0], Choice(_ALL, parts.train)))
    start = monotonic()
    return own, search(course, own, shelf), monotonic() - start


def _rivals(parts: Stream, target: Target, seconds: float) -> tuple[Rival, Rival, Rival, Rival]:
    spec = _spec(TuningSpec(minutes=seconds / 60, patience=10_000))
    own, found, took = _search(spec, parts, target, Shelf(None, ""))
    return (
        _rival(f"search, {len(found.study.trials) - 1} trials", found.attempt or own, parts, took),
        _bare_script(parts, seconds),
        _forest(parts),
        _rival("the spec's own parameters", own, parts, own.seconds),
    )


def _rival(name: str, attempt: Attempt, parts: Stream, seconds: float) -> Rival:
    return _told(name, attempt.fitted.predict, parts, seconds)


def _told(name: str, predict: Callable[[Any], FloatArray], parts: Stream, seconds: float) -> Rival:
    chosen, judged = (_loss(part, predict(part.matrix)) for part in (parts.validation, parts.holdout))
    return Rival(name, chosen, judged, seconds)


def _loss(part: Labelled, predictions: FloatArray) -> float:
    return evaluate("binary", part.labels, predictions)["log_loss"]


def _bare_script(parts: Stream, seconds: float) -> Rival:
    """Search with Optuna and LightGBM as a script would."""
    import lightgbm as lgb
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    categories = [position for position, levels in enumerate(parts.train.matrix.levels) if levels]
    fixed = {"objective": "binary", "metric": "binary_logloss", "num_threads": 1, "verbosity": -1, "seed": 7}
    rows = lgb.Dataset(
        parts.train.matrix.values,
        parts.train.labels,
        categorical_feature=categories,
        params={**fixed, "feature_pre_filter": False},
    ).construct()
    chosen = rows.create_valid(parts.validation.matrix.values, parts.validation.labels)
    best: list[Any] = [np.inf, None]

    def objective(trial: optuna.Trial) -> float:
        names = ("learning_rate", "num_leaves", "min_data_in_leaf", "feature_fraction", "lambda_l2")
        drawn: dict[str, Any] = {}
        for name, one in zip(names, SPACES["lightgbm"], strict=True):
            suggest: Any = trial.suggest_int if one.whole else trial.suggest_float
            drawn[name] = suggest(name, int(one.low) if one.whole else one.low, one.high, log=one.log)

        def prune(env: Any) -> None:  # noqa: ANN401 - LightGBM's
            trial.report(env.evaluation_result_list[0][2], env.iteration)
            if trial.should_prune():
                raise optuna.TrialPruned

        parameters = {**fixed, **drawn, "feature_pre_filter": False}
        callbacks = [lgb.early_stopping(30, verbose=False), prune]
        booster = lgb.train(parameters, rows, 1000, valid_sets=[chosen], callbacks=callbacks)
        loss = float(booster.best_score["valid_0"]["binary_logloss"])
        if loss < best[0]:
            best[:] = [loss, booster]
        return loss

    start = monotonic()
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=7), pruner=optuna.pruners.MedianPruner(n_warmup_steps=20)
    )
    study.optimize(objective, timeout=seconds)
    took, model = monotonic() - start, best[1]
    return _told(f"bare Optuna, {len(study.trials)} trials", lambda matrix: model.predict(matrix.values), parts, took)


def _forest(parts: Stream) -> Rival:
    from sklearn.ensemble import HistGradientBoostingClassifier

    categories = [0 < levels < 256 for levels in parts.train.matrix.levels]
    start = monotonic()
    model = HistGradientBoostingClassifier(categorical_features=categories, random_state=7)
    model.fit(parts.train.matrix.values, parts.train.labels)
    took = monotonic() - start
    return _told("HistGradientBoosting", lambda m: np.asarray(model.predict_proba(m.values)[:, 1]), parts, took)


@dataclass(frozen=True)
class Week:
    """One retraining of many."""

    trials: int
    seconds: float
    own: Rival
    found: Rival

    def line(self, number: int) -> list[str]:
        losses = (self.own.validation, self.found.validation, self.own.holdout, self.found.holdout)
        return [str(number), str(self.trials), f"{self.seconds:.1f}", *(f"{loss:.4f}" for loss in losses)]


def _weeks(home: Path, count: int) -> list[Week]:
    spec, found = _spec(TuningSpec(trials=40)), []
    for number in range(count):
        parts, target = flights(spec, AS_OF + timedelta(weeks=number), home)
        shelf = Shelf(home / "studies", str(number))
        course, window = _course(spec, parts, target), TrainWindow(_LENGTH)
        own = course.run(Entry(spec.candidates[0], Choice(window, window.take(parts.train))))
        start = process_time()
        searched = search(course, own, shelf)
        seconds = process_time() - start
        best, trials = searched.attempt or own, searched.study.trials
        found.append(Week(len(trials) - 1, seconds, _rival("", own, parts, 0), _rival("", best, parts, 0)))
    return found


def _beside_library(parts: Stream, target: Target) -> float:
    """Return the CPU of fitting so many rounds by the CPU of the library alone; the middle of some pairs."""
    import lightgbm as lgb

    course = _course(_spec(None), parts, target)
    candidate = _OWN.model_copy(update={"rounds": _ROUNDS, "patience": _ROUNDS})
    categories = [position for position, levels in enumerate(parts.train.matrix.levels) if levels]
    fixed = {"objective": "binary", "metric": "binary_logloss", "num_threads": 1, "verbosity": -1, "seed": 7}
    fixed |= {"deterministic": True, "force_row_wise": True}

    def ours() -> None:
        fresh = Labelled(parts.train.matrix, parts.train.labels)
        course.run(Entry(candidate, Choice(_ALL, fresh)))

    def theirs() -> None:
        rows = lgb.Dataset(parts.train.matrix.values, parts.train.labels, categorical_feature=categories, params=fixed)
        chosen = rows.create_valid(parts.validation.matrix.values, parts.validation.labels)
        stop = lgb.early_stopping(_ROUNDS, verbose=False)
        booster = lgb.train(fixed, rows, _ROUNDS, valid_sets=[chosen], callbacks=[stop])
        _loss(parts.validation, np.asarray(booster.predict(parts.validation.matrix.values, num_threads=1)))

    return float(np.median([_cpu(ours) / _cpu(theirs) for _ in range(_PAIRS)]))


def _cpu(do: Callable[[], None]) -> float:
    start = process_time()
    do()
    return process_time() - start


def _noise(parts: Stream, target: Target) -> float:
    """Return by how much, as a share, the loss on validation differs from seed to seed."""
    candidate = _OWN.model_copy(update={"feature_share": 0.5})
    losses = [
        _course(_spec(None), parts, target, seed).run(Entry(candidate, Choice(_ALL, parts.train))).metrics["log_loss"]
        for seed in range(_SEEDS)
    ]
    return float(np.std(losses, ddof=1) / mean(losses))
