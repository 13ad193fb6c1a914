"""Does a model of this table age: what do models trained later do better on the same rows?

The rows before the holdout, in order of time, are parted, and a model learns from each part. Each later part is asked
of the model of the first one, and of the newest that knew its labels by then: they differ in age and in luck, since
neither has more rows, and a hard week is hard for both. Luck is told from age by what every model says of every part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.data.window import microseconds_of
from tasks.drafting.chance import chance_of_order
from tasks.drafting.first_look import RESAMPLES
from tasks.drafting.plan import Plan
from tasks.drafting.quick import Places, blocks, has_classes, learn, places, some, times_of_rows, trees
from tasks.drafting.trial import Trial
from tasks.errors import PerennialError
from tasks.judgement.comparison import Comparison
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.judgement.wording import gain, interval
from tasks.metrics import Metric, find_metric
from tasks.spec import write_duration

_PARTS = 6
_MOST = 1_500
"""Rows of a part that are learned from, and that are asked about."""
_ALPHA = 0.05
_FEWEST = 60
_MATTERS = 0.03
"""Of the old model's loss. Measured: luck gave up to 0.014 where nothing changes, a rule that jumps 0.044 or more."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """One later part."""

    age: timedelta
    """Of the old model, at the middle of the part."""
    found: Comparison
    """The challenger is the fresh model, its rival the old one."""


@dataclass(frozen=True)
class FreshGain:
    """What freshness is worth."""

    steps: tuple[Step, ...]
    whole: Comparison | None
    """Of all later parts together. None: there is no history to tell by."""
    chance: float = 1.0
    """Share of the orders that the parts could have in which models would seem to age as much, or more."""
    why: str = ""
    by_rows: bool = False
    """Rows stand for time: an age in days would be made up."""

    @property
    def hinted(self) -> bool:
        """Whether fresh models were so much better that age may be why, though the order of parts does not show it."""
        return self.whole is not None and self.whole.low > _MATTERS * abs(self.whole.rival)

    @property
    def shown(self) -> bool:
        """Whether fresh models are better, on these rows, and by more than the luck of what each learned from."""
        return self.whole is not None and self.whole.beaten and self.chance <= _ALPHA

    @property
    def sentence(self) -> str:
        """What a person is to know of it, in a line."""
        if self.whole is None:
            return f"not looked at: {self.why}"
        c, figures = self.whole, f"{gain(self.whole)} ({interval(self.whole)})"
        if self.shown:
            return f"a model ages: {self.span}, a fresh one is better by {figures} in {c.label}"
        luck = ", no more than luck with the rows that each learned from would give" if c.beaten else ""
        return (
            f"no evidence of ageing in so short a history: {self.span}, a fresh one is at {figures} in {c.label}{luck}"
        )

    @property
    def span(self) -> str:
        """How old the old model is in the first and in the last later part, in words."""
        if self.by_rows:
            return f"{len(self.steps) + 1} parts of the file later"
        return f"{in_words(self.steps[0].age)} to {in_words(self.steps[-1].age)} later"


def fresh_gain(plan: Plan, trial: Trial) -> FreshGain:
    """Return what models trained later gain over one of the earliest rows; the holdout is not looked at.

    Classes are compared by log loss: it adds up over rows, so that what several models say can be taken together.
    """
    by_rows = plan.order.by_rows
    if plan.order.rows_clock is not None and plan.order.rows_clock.spread:
        return FreshGain((), None, why="the order of the rows says nothing of time")
    parts = np.array_split(places(trial, "train", "validation"), _PARTS)
    if min(len(part) for part in parts) < _FEWEST:
        return FreshGain((), None, why=f"{sum(map(len, parts)):,} rows before the holdout are too few to part by age")
    if not all(has_classes(trial, part) for part in parts):
        return FreshGain((), None, why=f"{trial.spec.source.target} is the same in all rows of some stretch of time")
    try:
        field = _Field.of(trial, parts)
    except PerennialError as error:
        return FreshGain((), None, why=str(error))
    pairs = {part: pair for part in range(1, _PARTS) if (pair := field.pair(part))}
    if len(pairs) < 2:
        return FreshGain((), None, why="labels come so late that no fresh model could have known them")
    steps = tuple(Step(field.age(0, part), field.compare([pair])) for part, pair in pairs.items())
    return FreshGain(steps, field.compare(list(pairs.values())), chance_of_order(field.costs()), by_rows=by_rows)


@dataclass(frozen=True)
class _Field:
    """The model of each part, and what it says of every part."""

    trial: Trial
    parts: Sequence[Places]
    asked: Sequence[Places]
    """Some of each part's rows."""
    told: Sequence[Sequence[FloatArray]]
    """By model, then by part asked."""

    @classmethod
    def of(cls, trial: Trial, parts: Sequence[Places]) -> "_Field":
        asked = [some(part, _MOST) for part in parts]
        every, ends = np.concatenate(asked), np.cumsum([len(rows) for rows in asked])[:-1]
        models = (learn(trial, trees(len(rows)), rows) for rows in asked)
        return cls(trial, parts, asked, [np.split(model.predict(every), ends) for model in models])

    @property
    def metric(self) -> Metric:
        return find_metric(self.trial.spec.gate.metric if self.trial.spec.task == "regression" else "log_loss")

    def pair(self, part: int) -> Pair | None:
        """Return what the newest model whose labels were known by then, and the oldest, say of a part."""
        start = self._times(self.parts[part][:1])[0] - microseconds_of(self.trial.spec.source.label_delay)
        fresh = max((one for one in range(part) if self._times(self.parts[one][-1:])[0] <= start), default=0)
        if fresh == 0:
            return None
        rows = self.asked[part]
        return Pair(self._labels(part), self.told[fresh][part], self.told[0][part], blocks(self.trial, rows))

    def age(self, model: int, part: int) -> timedelta:
        """Return how old a model is in the middle of a part."""
        born, middle = self._times(self.parts[model][-1:])[0], np.median(self._times(self.asked[part]))
        return timedelta(microseconds=float(middle) - float(born))

    def costs(self) -> FloatArray:
        """Return what each model loses on each part, shape (models, parts)."""
        count = range(len(self.parts))
        values = [[self.metric.bind(self._labels(part), self.told[one][part])(None) for part in count] for one in count]
        return np.array([[self.metric.gain(0.0, value) for value in row] for row in values])

    def compare(self, pairs: Sequence[Pair]) -> Comparison:
        """Return by how much the fresh models are better in these parts together."""
        gate = self.trial.spec.gate
        test = PairedTest(self.metric, gate.alpha, RESAMPLES, seed=self.trial.spec.seed)
        taken = ((pair.labels, pair.challenger, pair.rival, pair.blocks) for pair in pairs)
        labels, fresh, old, numbers = (np.concatenate(arrays) for arrays in zip(*taken, strict=True))
        return compare(Pair(labels, fresh, old, np.arange(len(labels)) if gate.block == "row" else numbers), test)

    def _labels(self, part: int) -> FloatArray:
        return np.asarray(self.trial.labels.values[self.asked[part]])

    def _times(self, rows: Places) -> npt.NDArray[np.int64]:
        return times_of_rows(self.trial, rows)


def in_words(age: timedelta) -> str:
    """Return ``age`` with two digits that say something.

    >>> in_words(timedelta(days=31, hours=7)), in_words(timedelta(hours=5, minutes=20))
    ('31 days', '5h')
    """
    if age >= 2 * _DAY:
        return f"{round(age / _DAY):,} days"
    unit = timedelta(hours=1) if age >= timedelta(hours=2) else timedelta(minutes=1)
    return write_duration(max(round(age / unit), 1) * unit)
