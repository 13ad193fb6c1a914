"""Streams of rows of which it is known how they change, and so which training window is best."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.repetition import generator
from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.data.window import microseconds_of

FEATURES, A_DAY, DAYS = 8, 150, 240
VALIDATION, HOLDOUT = 14, 14
"""Days. The holdout has ten times as many rows a day, so that its loss is nearly the true one."""
_DAY = microseconds_of(timedelta(days=1))
_MORE = 10
Phase = Callable[[FloatArray], FloatArray]

STREAMS: Mapping[str, Phase] = {
    "stationary": np.zeros_like,
    "abrupt": lambda day: np.where(day < DAYS - 45, 1.0, 0.0),
    "gradual": lambda day: (DAYS - day) / 90,
    "recurring": lambda day: np.where((day // 40) % 2 == (DAYS // 40) % 2, 0.0, 1.0),
}
"""How far the rule of a day lies from today's: 1 is a rule that has half of its weights elsewhere."""
WORDS = {
    "stationary": "one rule: the more rows the better",
    "abrupt": "another rule since 45 days before validation",
    "gradual": "the rule turns all the time, by a right angle in 90 days",
    "recurring": "two rules in turn, 40 days each",
}


@dataclass(frozen=True)
class Stream:
    """Train, validation and holdout of one stream, at one point of time."""

    train: Labelled
    validation: Labelled
    holdout: Labelled


def draw(name: str, number: int, task: str) -> Stream:
    """Return one stream: seeded by its name and number."""
    random = generator("stream", name, number)
    rules = random.normal(size=(2, FEATURES))
    make = _Maker(STREAMS[name], rules, task)
    return Stream(
        make.rows(random, 0, DAYS, A_DAY),
        make.rows(random, DAYS, VALIDATION, A_DAY),
        make.rows(random, DAYS + VALIDATION + 1, HOLDOUT, A_DAY * _MORE),
    )


@dataclass(frozen=True)
class _Maker:
    phase: Phase
    rules: FloatArray
    task: str

    def rows(self, random: np.random.Generator, first: int, days: int, a_day: int) -> Labelled:
        """Return rows of ``days`` from the day ``first`` on, with their ages at the end."""
        day = first + np.arange(days * a_day) / a_day
        values = random.normal(size=(len(day), FEATURES)).astype(np.float32)
        signal = self._signal(values.astype(np.float64), np.pi / 2 * self.phase(day))
        noise = random.logistic(size=len(day))
        labels = (signal + noise > 0).astype(np.float64) if self.task == "binary" else signal + noise
        ages = ((first + days - day) * _DAY).astype(np.int64)
        names = tuple(f"x{number}" for number in range(FEATURES))
        return Labelled(FeatureMatrix(values, names, (0,) * FEATURES), labels, ages=ages)

    def _signal(self, values: FloatArray, angle: FloatArray) -> FloatArray:
        """Return what the rule of each row says: a plane that turns by ``angle``, and a bend that stays."""
        now, then = values @ self.rules[0], values @ self.rules[1]
        turned: FloatArray = np.cos(angle) * now + np.sin(angle) * then
        return 0.7 * turned + np.where(values[:, 0] * values[:, 1] > 0, 0.8, -0.8)


def mask_of(rows: Labelled, days: int) -> npt.NDArray[np.bool_]:
    """Return which of ``rows`` are at most so old."""
    assert rows.ages is not None
    found: npt.NDArray[np.bool_] = rows.ages <= days * _DAY
    return found


def spec_of(task: str, metric: str, window: Mapping[str, Any], candidates: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the spec of a stream as its TOML would give it."""
    return {
        "model": "stream",
        "owner": "benchmark",
        "task": task,
        "source": {"uri": "stream.parquet", "timestamp": "time", "key": ["id"], "target": "y"},
        "window": {"validation": f"{VALIDATION}d", "holdout": f"{HOLDOUT}d", **window},
        "candidates": candidates,
        "gate": {"metric": metric},
    }
