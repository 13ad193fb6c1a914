"""Is the training window that validation chooses as good as the one that hindsight would choose?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.learning.flown import flight_spec, flights
from benchmarks.learning.streams import STREAMS, WORDS, Stream, draw, spec_of
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from tasks.data.matrix import Target
from tasks.learning.attempt import Course, Entry
from tasks.learning.problem import Problem
from tasks.learning.training import train
from tasks.learning.windows import Choice, windows_of
from tasks.metrics import evaluate
from tasks.spec import ModelSpec, read_spec

GOAL = 1.0
"""Percent that the chosen window's loss may be above the best one's."""
WINDOW = {"train": ["all", "15d", "30d", "60d", "120d"], "half_life": ["30d"]}
CANDIDATES: list[dict[str, Any]] = [{"kind": "linear"}, {"kind": "lightgbm"}]
TASKS = {"binary": "log_loss", "regression": "rmse"}
_TIMES = 6
_MONTHS = tuple(datetime(2013, month, 1, tzinfo=UTC) for month in (6, 8, 10, 12))


@dataclass(frozen=True)
class Case:
    """A stream of a kind, or the flights as of one of the days."""

    name: str
    task: str


@dataclass(frozen=True)
class Found:
    """Of one training: the loss of every candidate on every window, of the chosen one, and the price."""

    losses: dict[str, float]
    """The better kind's, by window."""
    chosen: str
    loss: float
    best: float
    """Of all kinds and windows, in hindsight."""
    choosing: float
    """Seconds of the choice,"""
    longest: float
    """of training every kind on the longest window,"""
    every: float
    """and of training every kind on every window."""

    @property
    def excess(self) -> float:
        return 100 * (self.loss / self.best - 1)


def study(runner: Runner) -> Section:
    cases = [Case(name, task) for name in STREAMS for task in TASKS]
    found = {case: runner.repeat(_generated, case, _TIMES if not runner.quick else 2) for case in cases}
    found[Case("flights", "binary")] = _flown(runner)
    over = [f"{_name(case)} {_mean_excess(runs):.1f} %" for case, runs in found.items() if _mean_excess(runs) > GOAL]
    every = [one for runs in found.values() for one in runs]
    return Section(
        title="Training windows",
        shows=(
            f"On average over the trainings of a stream, what validation chose has a loss of at most "
            f"{max(_mean_excess(runs) for runs in found.values()):.2f} % above the best kind and window in hindsight "
            f"(goal: {GOAL:g} %). The worst single training is {max(one.excess for one in every):.1f} % above. "
            f"Choosing among six windows costs {mean(one.choosing / one.longest for one in every):.2f} × the time of "
            f"training the same kinds on all of history; training all of them to the end would cost "
            f"{mean(one.every / one.longest for one in every):.2f} ×."
        ),
        missed=tuple(over),
        parts=(
            "Loss on the holdout by window, the better kind of each; what a loss is: log loss, or the root mean squared "
            "error.",
            _losses(found),
            "What was chosen, how far its loss is above the best of every kind and window in hindsight, and what the "
            "choice cost, beside training on all of history alone:",
            _chosen(found),
        ),
        simulated=(
            "Measured: "
            + "; ".join(f"{name}: {words}" for name, words in WORDS.items())
            + f". 60,000 rows over 240 days, {_TIMES} seeds of each for a binary and a regression target, the candidates "
            "linear and LightGBM at their defaults; validation is of 14 days, and so is the holdout, with ten times as "
            "many rows. The flights: the shipped model with log loss as its metric, as of the first of June, August, "
            "October and December."
        ),
    )


def _generated(case: Case, number: int) -> Found:
    spec = read_spec(spec_of(case.task, TASKS[case.task], WINDOW, CANDIDATES), "stream.toml")
    target = Target("y", (0, 1) if case.task == "binary" else ())
    return _measure(spec, draw(case.name, number, case.task), target)


def _flown(runner: Runner) -> list[Found]:
    return runner.repeat(_flight, Case("flights", "binary"), len(_MONTHS) if not runner.quick else 2)


def _flight(_: Case, number: int) -> Found:
    shipped = flight_spec()
    spec = flight_spec(
        window={"validation": "14d", "holdout": "14d", **WINDOW},
        gate=shipped.gate.model_copy(update={"metric": "log_loss"}),
    )
    with TemporaryDirectory() as home:
        parts, target = flights(spec, _MONTHS[number], Path(home))
    return _measure(spec, parts, target)


def _measure(spec: ModelSpec, parts: Stream, target: Target) -> Found:
    start = perf_counter()
    trained = train(spec, parts.train, parts.validation, target=target, threads=1)
    choosing = perf_counter() - start
    course = Course(spec, parts.validation, Problem(spec.task, target, spec.seed, 1))
    losses: dict[tuple[str, str], float] = {}
    seconds: dict[str, float] = {}
    for window in windows_of(spec.window):
        start = perf_counter()
        for candidate in spec.candidates:
            attempt = course.run(Entry(candidate, Choice(window, window.take(parts.train))))
            losses[candidate.kind, str(window)] = _loss(spec, parts, attempt.fitted.predict(parts.holdout.matrix))
        seconds[str(window)] = perf_counter() - start
    chosen = next(one for one in trained.candidates if one.chosen)
    by_window = {w: min(loss for (_, other), loss in losses.items() if other == w) for w in seconds}
    return Found(
        losses=by_window,
        chosen=chosen.window,
        loss=_loss(spec, parts, trained.chosen.predict(parts.holdout.matrix)),
        best=min(losses.values()),
        choosing=choosing,
        longest=seconds["all"],
        every=sum(seconds.values()),
    )


def _loss(spec: ModelSpec, parts: Stream, predictions: Any) -> float:  # noqa: ANN401 - what predict gives
    return evaluate(spec.task, parts.holdout.labels, predictions)[spec.gate.metric]


def _losses(found: dict[Case, list[Found]]) -> Table:
    windows = list(next(iter(found.values()))[0].losses)
    rows = [
        [_name(case), *(f"{mean(one.losses[window] for one in runs):.4f}" for window in windows)]
        for case, runs in found.items()
    ]
    return Table(("stream", *windows), rows)


def _chosen(found: dict[Case, list[Found]]) -> Table:
    head = ("stream", "chosen", "best in hindsight", "above it, %: mean", "worst", "time of choosing", "of all")
    return Table(head, [_line(case, runs) for case, runs in found.items()])


def _line(case: Case, runs: Sequence[Found]) -> list[str]:
    best = [min(one.losses, key=lambda window: one.losses[window]) for one in runs]
    return [
        _name(case),
        _counted([one.chosen for one in runs]),
        _counted(best),
        f"{_mean_excess(runs):.2f}",
        f"{max(one.excess for one in runs):.2f}",
        f"{mean(one.choosing / one.longest for one in runs):.2f} ×",
        f"{mean(one.every / one.longest for one in runs):.2f} ×",
    ]


def _counted(windows: list[str]) -> str:
    return ", ".join(f"{window} ({windows.count(window)})" for window in dict.fromkeys(windows))


def _mean_excess(runs: Sequence[Found]) -> float:
    return mean(one.excess for one in runs)


def _name(case: Case) -> str:
    return case.name if case.name == "flights" else f"{case.name}, {case.task}"
