"""Is the training window that validation chooses as good as the one that hindsight would choose?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from benchmarks.learning.flown import flight_spec, flights
from benchmarks.learning.streams import STREAMS, WORDS, Stream, draw, spec_of
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from tasks.data.matrix import FloatArray, Target
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
_TIMES = 3
_DAYS = tuple(datetime(2013, 5, 1, tzinfo=UTC) + timedelta(days=40 * number) for number in range(6))


@dataclass(frozen=True)
class Case:
    """A stream of a kind, or the flights as of one of the days."""

    name: str
    task: str


@dataclass(frozen=True)
class Found:
    """Of one training: the loss of every candidate on every window, of the chosen one, and the price."""

    losses: dict[tuple[str, str], float]
    """By kind and window."""
    chosen: str
    loss: float
    choosing: float
    """Seconds of CPU of the choice,"""
    longest: float
    """of training every kind on the longest window,"""
    every: float
    """and of training every kind on every window."""


@dataclass(frozen=True)
class Line:
    """A stream, over several trainings."""

    case: Case
    runs: Sequence[Found]

    @property
    def name(self) -> str:
        return self.case.name if self.case.name == "flights" else f"{self.case.name}, {self.case.task}"

    @property
    def fixed(self) -> dict[tuple[str, str], float]:
        """The mean loss of one kind and window for all trainings."""
        return {which: mean(one.losses[which] for one in self.runs) for which in self.runs[0].losses}

    @property
    def losses(self) -> dict[str, float]:
        """The same by window, of the better kind."""
        found: dict[str, float] = {}
        for (_, window), loss in self.fixed.items():
            found[window] = min(loss, found.get(window, loss))
        return found

    @property
    def loss(self) -> float:
        return mean(one.loss for one in self.runs)

    @property
    def best(self) -> str:
        """The one window that hindsight would choose for this stream, with the kind that suits it."""
        return min(self.losses, key=lambda window: self.losses[window])

    @property
    def excess(self) -> float:
        """Percent that the chosen windows' loss is above that of the best window."""
        return 100 * (self.loss / self.losses[self.best] - 1)

    @property
    def each(self) -> float:
        """The same, above the best kind and window of each training: nobody can know it, and no choice reaches it."""
        return 100 * (self.loss / mean(min(one.losses.values()) for one in self.runs) - 1)

    @property
    def cost(self) -> tuple[float, float]:
        """Of choosing, and of training on every window to the end, beside training on all of history."""
        longest = sum(one.longest for one in self.runs)
        return sum(one.choosing for one in self.runs) / longest, sum(one.every for one in self.runs) / longest

    def cells(self) -> list[str]:
        cost = [f"{times:.2f} ×" for times in self.cost]
        above = [f"{value:.2f} %" for value in (self.excess, self.each)]
        return [self.name, _counted([one.chosen for one in self.runs]), self.best, *above, *cost]


CASES = tuple(Case(name, task) for name in STREAMS for task in TASKS)
FLIGHTS = Case("flights", "binary")


def study(runner: Runner) -> Section:
    times = 2 if runner.quick else _TIMES
    lines = [Line(case, runner.repeat(_generated, case, times)) for case in CASES]
    lines.append(Line(FLIGHTS, runner.repeat(_flight, FLIGHTS, 2 if runner.quick else len(_DAYS))))
    windows = list(lines[0].losses)
    worst = max(lines, key=lambda line: line.excess)
    choosing, every = (mean(line.cost[which] for line in lines) for which in (0, 1))
    return Section(
        title="Training windows",
        shows=(
            f"What validation chose has, over the trainings of a stream, a loss of at most {worst.excess:.2f} % above "
            f"that of the one window which hindsight would choose for the stream (goal: {GOAL:g} %). Choosing among "
            f"{len(windows)} windows takes {choosing:.1f} × the CPU of training the same kinds on all of history; "
            f"training on all of them to the end would take {every:.1f} ×."
        ),
        missed=tuple(f"{line.name} {line.excess:.2f} %" for line in lines if line.excess > GOAL),
        parts=(
            "Mean loss on the holdout if every training took that window, the better kind of the two, and of those "
            "that were chosen; log loss, or the root mean squared error for a regression:",
            Table(
                ("stream", *windows, "chosen"),
                [[line.name, *(f"{line.losses[w]:.4f}" for w in windows), f"{line.loss:.4f}"] for line in lines],
            ),
            "How far that is above the best window for the stream; above the best window of each single training, "
            "which only its holdout can tell, and in part by chance; and what the choice took:",
            Table(
                ("stream", "chosen", "best", "above it", "above each", "CPU of choosing", "of all to the end"),
                [line.cells() for line in lines],
            ),
        ),
        simulated=(
            "Measured: "
            + "; ".join(f"{name}, {words}" for name, words in WORDS.items())
            + f". 36,000 rows over 240 days, {_TIMES} seeds of each for a binary and a regression target, the "
            "candidates linear and LightGBM at their defaults; validation is of 14 days, and so is the holdout, with "
            "ten times as many rows. The flights: the shipped model with log loss as its metric, as of six days from "
            "May to December."
        ),
    )


def _generated(case: Case, number: int) -> Found:
    spec = read_spec(spec_of(case.task, TASKS[case.task], WINDOW, CANDIDATES), "stream.toml")
    target = Target("y", (0, 1) if case.task == "binary" else ())
    return _measure(spec, draw(case.name, number, case.task), target)


def _flight(_: Case, number: int) -> Found:
    gate = flight_spec().gate.model_copy(update={"metric": "log_loss"})
    spec = flight_spec(window={"validation": "14d", "holdout": "14d", **WINDOW}, gate=gate)
    with TemporaryDirectory() as home:
        parts, target = flights(spec, _DAYS[number], Path(home))
    return _measure(spec, parts, target)


def _measure(spec: ModelSpec, parts: Stream, target: Target) -> Found:
    start = process_time()
    trained = train(spec, parts.train, parts.validation, target=target, threads=1)
    choosing = process_time() - start
    course = Course(spec, parts.validation, Problem(spec.task, target, spec.seed, 1))
    losses: dict[tuple[str, str], float] = {}
    seconds: dict[str, float] = {}
    for window in windows_of(spec.window):
        start = process_time()
        for candidate in spec.candidates:
            attempt = course.run(Entry(candidate, Choice(window, window.take(parts.train))))
            losses[candidate.kind, str(window)] = _loss(spec, parts, attempt.fitted.predict(parts.holdout.matrix))
        seconds[str(window)] = process_time() - start
    chosen = next(one for one in trained.candidates if one.chosen)
    return Found(
        losses=losses,
        chosen=chosen.window,
        loss=_loss(spec, parts, trained.chosen.predict(parts.holdout.matrix)),
        choosing=choosing,
        longest=seconds["all"],
        every=sum(seconds.values()),
    )


def _loss(spec: ModelSpec, parts: Stream, predictions: FloatArray) -> float:
    return evaluate(spec.task, parts.holdout.labels, predictions)[spec.gate.metric]


def _counted(windows: list[str]) -> str:
    return ", ".join(f"{window} ({windows.count(window)})" for window in sorted(set(windows)))
