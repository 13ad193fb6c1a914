"""Does it pay to begin from the champion, or to learn from validation too?"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from benchmarks.learning.flown import flight_spec, flights
from benchmarks.learning.streams import Stream
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from tasks.learning.attempt import Attempt, Course, Entry
from tasks.learning.gbm.model import Trees
from tasks.learning.problem import Problem
from tasks.learning.training import refit
from tasks.learning.windows import Choice, TrainWindow
from tasks.metrics import evaluate
from tasks.spec import LightGBMSpec

_AFRESH = LightGBMSpec(kind="lightgbm")
WAYS = {
    "the champion as it is": None,
    "afresh": _AFRESH,
    "continue": _AFRESH.model_copy(update={"warm_start": "continue"}),
    "refit": _AFRESH.model_copy(update={"warm_start": "refit"}),
}
_FIRST, _EVERY, _TIMES = datetime(2013, 6, 1, tzinfo=UTC), timedelta(days=30), 7
AGAIN = "afresh, then on validation too"


@dataclass(frozen=True)
class Way:
    """Of one retraining: log loss on the holdout, and seconds of CPU, by how it was made."""

    losses: dict[str, float]
    seconds: dict[str, float]


def study(runner: Runner) -> Section:
    with TemporaryDirectory() as home:
        found = _retrainings(Path(home), 3 if runner.quick else _TIMES)
    names = list(found[0].losses)
    losses = {name: mean(one.losses[name] for one in found) for name in names}
    seconds = {name: mean(one.seconds.get(name, 0.0) for one in found) for name in names}
    won = {name: sum(one.losses[name] < one.losses["afresh"] for one in found) for name in names}
    best = min(losses, key=lambda name: losses[name])
    gain = 100 * (1 - losses[AGAIN] / losses["afresh"])
    section = Section(
        title="Warm start, and learning from validation too",
        shows=(
            f"Over {len(found)} monthly retrainings on flights the lowest mean log loss is that of: {best}. "
            f"Learning from validation too (`window.refit`) {'lowers' if gain > 0 else 'raises'} the loss by "
            f"{abs(gain):.2f} %."
        ),
        missed=(),
        parts=(
            Table(
                ("made how", "log loss on the holdout", "better than afresh", "CPU seconds"),
                [[n, f"{losses[n]:.4f}", f"{won[n]} of {len(found)}", f"{seconds[n]:.1f}"] for n in names],
            ),
        ),
        simulated=(
            f"Measured: LightGBM at its defaults on all of history, as of {_FIRST:%d %B %Y} and every 30 days after; "
            "each begins from the one that was trained afresh a month before, and all are judged on the same holdout. "
            "There is no goal: the judge decides, and the page says when it pays."
        ),
    )
    return replace(section, whole=str(section).replace(" The goal is met.", ""))


def _retrainings(home: Path, count: int) -> list[Way]:
    spec = flight_spec(gate=flight_spec().gate.model_copy(update={"metric": "log_loss"}))
    found: list[Way] = []
    champion: Trees | None = None
    for number in range(count + 1):
        parts, target = flights(spec, _FIRST + number * _EVERY, home)
        course = Course(spec, parts.validation, Problem(spec.task, target, spec.seed, 1))
        if champion is not None:
            found.append(_ways(replace(course, problem=replace(course.problem, champion=champion)), parts, champion))
        fitted = _run(course, _AFRESH, parts)[0].fitted
        assert isinstance(fitted, Trees)
        champion = fitted
    return found


def _ways(course: Course, parts: Stream, champion: Trees) -> Way:
    losses, seconds = {}, {}
    for name, candidate in WAYS.items():
        if candidate is None:
            losses[name] = _loss(champion, parts)
            continue
        attempt, seconds[name] = _run(course, candidate, parts)
        losses[name] = _loss(attempt.fitted, parts)
        if name == "afresh":
            start = process_time()
            losses[AGAIN] = _loss(refit(attempt, course), parts)
            seconds[AGAIN] = seconds[name] + process_time() - start
    return Way(losses, seconds)


def _run(course: Course, candidate: LightGBMSpec, parts: Stream) -> tuple[Attempt, float]:
    start = process_time()
    attempt = course.run(Entry(candidate, Choice(TrainWindow("all"), parts.train)))
    return attempt, process_time() - start


def _loss(model: object, parts: Stream) -> float:
    predictions = np.asarray(model.predict(parts.holdout.matrix))  # type: ignore[attr-defined]
    return evaluate("binary", parts.holdout.labels, predictions)["log_loss"]
