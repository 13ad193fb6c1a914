"""Does a model of this table age: what do models trained later do better on the same rows?

The rows before the holdout, in order of time, are parted. One model learns from the first part alone; beside it, for
each later part, a fresh one learns from as many rows just before it. Both are asked about that part: they differ in age
and in nothing else, since neither has more rows, and a hard week is hard for both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from tasks.drafting.first_look import RESAMPLES
from tasks.drafting.plan import Plan
from tasks.drafting.quick import Learned, Places, blocks, has_classes, learn, places, some, times_of_rows, trees
from tasks.drafting.trial import Trial
from tasks.errors import PerennialError
from tasks.judgement.comparison import Comparison
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.judgement.wording import gain, interval
from tasks.metrics import find_metric
from tasks.spec import write_duration

_PARTS = 6
_MOST = 2_000
"""Rows of a part that are learned from, and that are asked about."""
_FEWEST = 60
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """One later part."""

    age: timedelta
    """Of the old model, at the middle of the part."""
    younger: timedelta
    """The age of the fresh one, there."""
    found: Comparison
    """The challenger is the fresh model, its rival the old one."""


@dataclass(frozen=True)
class Ageing:
    """What freshness is worth."""

    steps: tuple[Step, ...]
    whole: Comparison | None
    """Of all later parts together: this one decides. None: there is no history to tell by."""
    why: str = ""
    by_rows: bool = False
    """Rows stand for time: an age in days would be made up."""

    @property
    def sentence(self) -> str:
        """What a person is to know of it, in a line."""
        if self.whole is None:
            return f"not looked at: {self.why}"
        c, figures = self.whole, f"{gain(self.whole)} ({interval(self.whole)})"
        if c.beaten:
            return f"a model ages: {self.span}, a fresh one is better by {figures} in {c.label}"
        return f"no evidence of ageing in so short a history: {self.span}, a fresh one is at {figures} in {c.label}"

    @property
    def span(self) -> str:
        """How old the old model is in the first and in the last later part, in words."""
        if self.by_rows:
            return f"{len(self.steps) + 1} parts of the file later"
        return f"{in_words(self.steps[0].age)} to {in_words(self.steps[-1].age)} later"


def look_for_ageing(plan: Plan, trial: Trial) -> Ageing:
    """Return what models trained later gain over one of the earliest rows; the holdout is not looked at.

    Classes are compared by log loss: it adds up over rows, so that what several models say can be taken together.
    """
    by_rows = plan.order.by_rows
    if plan.order.rows_clock is not None and plan.order.rows_clock.spread:
        return Ageing((), None, "the order of the rows says nothing of time")
    parts = np.array_split(places(trial, "train", "validation"), _PARTS)
    if min(len(part) for part in parts) < _FEWEST:
        return Ageing((), None, f"{sum(map(len, parts)):,} rows before the holdout are too few to part by age")
    if not has_classes(trial, parts[0]):
        return Ageing((), None, f"{trial.spec.source.target} is the same in all of the earliest rows")
    try:
        judged = list(_judged(trial, parts))
    except PerennialError as error:
        return Ageing((), None, str(error))
    if len(judged) < 2:
        return Ageing((), None, "too few of its parts have more than one class, or labels that had come by then")
    steps = tuple(step for step, _ in judged)
    return Ageing(steps, _compared(trial, [pair for _, pair in judged]), by_rows=by_rows)


def _judged(trial: Trial, parts: list[Places]) -> Iterator[tuple[Step, Pair]]:
    """Yield each later part as the old model and a fresh one see it."""
    rows = np.concatenate(parts)
    times = times_of_rows(trial, rows)
    delay = trial.spec.source.label_delay
    old, size = _learned(trial, parts[0]), len(parts[0])
    born = times[size - 1]
    for part in parts[2:]:
        start, judges = times_of_rows(trial, part[:1])[0], some(part, _MOST)
        known = int(np.searchsorted(times, start - delay // timedelta(microseconds=1)))
        before = rows[max(known - size, 0) : known]
        if known <= size or not has_classes(trial, before):
            continue
        fresh, middle = _learned(trial, before), float(np.median(times_of_rows(trial, judges)))
        pair = Pair(trial.labels.values[judges], fresh.predict(judges), old.predict(judges), blocks(trial, judges))
        age, younger = (timedelta(microseconds=middle - float(since)) for since in (born, times[known - 1]))
        yield Step(age, younger, _compared(trial, [pair])), pair


def _learned(trial: Trial, rows: Places) -> Learned:
    rows = some(rows, _MOST)
    return learn(trial, trees(len(rows)), rows)


def _compared(trial: Trial, pairs: list[Pair]) -> Comparison:
    metric = trial.spec.gate.metric if trial.spec.task == "regression" else "log_loss"
    test = PairedTest(find_metric(metric), trial.spec.gate.alpha, RESAMPLES, seed=trial.spec.seed)
    taken = ((pair.labels, pair.challenger, pair.rival) for pair in pairs)
    labels, fresh, old = (np.concatenate(arrays) for arrays in zip(*taken, strict=True))
    numbers = np.concatenate([pair.blocks for pair in pairs])
    if trial.spec.gate.block == "row":
        numbers = np.arange(len(labels))
    return compare(Pair(labels, fresh, old, numbers), test)


def in_words(age: timedelta) -> str:
    """Return ``age`` with two digits that say something.

    >>> in_words(timedelta(days=31, hours=7)), in_words(timedelta(hours=5, minutes=20))
    ('31 days', '5h')
    """
    if age >= 2 * _DAY:
        return f"{round(age / _DAY):,} days"
    return write_duration(max(timedelta(hours=round(age / timedelta(hours=1))), timedelta(minutes=1)))
