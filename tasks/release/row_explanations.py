"""Why a challenger predicts what it does for single rows, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from tasks.data.fitted_features import Feature
from tasks.data.matrix import FloatArray
from tasks.data.window import write_time
from tasks.judgement.examples import Example, examples
from tasks.judgement.holdout import Holdout
from tasks.judgement.table import Table
from tasks.judgement.wording import NOTHING
from tasks.learning.contributions import Contributions
from tasks.metrics import Task
from tasks.release.dependence import Sight
from tasks.spec import ModelSpec

_NAMED, _USUAL = 3, 500
"""Features named for a prediction, and against it; and rows that a kind may compare with."""
_SMALLEST = 5e-4
"""What is rounded to nothing is not named."""
_UNITS = {
    "binary": "log odds: +0.69 doubles the odds of a positive",
    "multiclass": "the score of the class that is predicted, over the average of all classes",
    "regression": "the unit of the target",
}


@dataclass(frozen=True, eq=False)
class _Sum:
    """One row's score, taken apart."""

    start: float
    amounts: FloatArray
    """Shape (features,)."""

    @property
    def score(self) -> float:
        return self.start + float(self.amounts.sum())


@dataclass(frozen=True, eq=False)
class _Row:
    """One row of a table, and what a model makes of it."""

    sight: Sight
    table: pa.Table
    place: int

    def feature(self, position: int) -> str:
        """Return a feature with its value in words."""
        feature = self.sight.model.features.features[position]
        value = _value(self.sight.matrix.values[self.place, position], feature)
        return f"{feature.name} = {value}{self._words(position)}"

    def _words(self, position: int) -> str:
        """Return the words that the score of a text comes from; of one that feature code made they are not at hand."""
        found = self.sight.model.features.text_at(position)
        if found is None or found[0].column not in self.table.column_names:
            return ""
        text = self.table.column(found[0].column)[self.place].as_py()
        words = found[0].words_of(text, found[1])[:_NAMED] if text else []
        return f" [{', '.join(f'{word.strip()} {amount:+.2f}' for word, amount in words)}]" if words else ""


def explain_rows(sight: Sight, table: pa.Table, held: Holdout, spec: ModelSpec) -> Table:
    """Return the rows of ``table`` that a person wants to look at, each with what spoke for and against its prediction.

    ``table``, ``held`` and the matrix of ``sight`` have the same rows.
    """
    classes = tuple(str(name) for name in sight.model.target.classes)
    shown = examples(held, classes)
    sums, method = _sums(sight, held, shown, spec.seed)
    rows = tuple(
        (
            one.why,
            row_in_words(table, one.place, spec.source.key),
            *_predictions(held, one.place, classes),
            *_reasons(found, _Row(sight, table, one.place)),
        )
        for one, found in zip(shown, sums, strict=True)
    )
    head = ("shown because", "row", "actual", "predicted", "raised by", "lowered by", "adds up from")
    caption = f"Single rows of the holdout, and what made the challenger's prediction: {method}. In {_UNITS[held.task]}"
    return Table(caption, head, rows)


def _sums(sight: Sight, held: Holdout, shown: Sequence[Example], seed: int) -> tuple[list[_Sum], str]:
    places = np.array([one.place for one in shown], dtype=np.intp)
    draw, count = np.random.default_rng(seed), len(sight.matrix)
    usual = np.sort(draw.choice(count, min(count, _USUAL), replace=False))
    found = sight.model.estimator.contributions(sight.matrix.rows(places), sight.matrix.rows(usual))
    codes = held.challenger[places].argmax(axis=1) if held.task == "multiclass" else np.zeros(len(places), dtype=int)
    return [_sum(found, row, int(code)) for row, code in enumerate(codes)], found.method


def _sum(found: Contributions, row: int, code: int) -> _Sum:
    """Return one score. What raises the scores of all classes alike changes no probability, so it is taken out."""
    base, amounts = found.base, found.amounts[row]
    if amounts.shape[1] == 1:
        return _Sum(float(base[0]), amounts[:, 0])
    known = np.isfinite(base)
    return _Sum(float(base[code] - base[known].mean()), amounts[:, code] - amounts[:, known].mean(axis=1))


def row_in_words(table: pa.Table, place: int, key: Sequence[str]) -> str:
    """Return in words which row of ``table`` it is."""
    values = ((name, table.column(name)[place].as_py()) for name in key)
    return ", ".join(f"{n} = {write_time(value) if isinstance(value, datetime) else value}" for n, value in values)


def _predictions(held: Holdout, place: int, classes: Sequence[str]) -> tuple[str, str]:
    """Return what came and what was predicted: of several classes the likeliest, and how likely."""
    label, own = held.labels[place], _prediction(held.challenger[place], held.task, classes)
    actual = f"{label:,.5g}" if held.task == "regression" else classes[int(label)]
    if held.champion is None:
        return actual, own
    return actual, f"challenger {own}, champion {_prediction(held.champion[place], held.task, classes)}"


def _prediction(told: FloatArray, task: Task, classes: Sequence[str]) -> str:
    if task == "multiclass":
        return f"{classes[int(told.argmax())]} {told.max():.1%}"
    return f"{float(told):.1%}" if task == "binary" else f"{float(told):,.5g}"


def _reasons(found: _Sum, row: _Row) -> tuple[str, str, str]:
    """Return the largest contributions that raise the score, those that lower it, and what all else comes to."""
    order = np.argsort(-np.abs(found.amounts), kind="stable")
    large = [place for place in order if abs(found.amounts[place]) >= _SMALLEST]
    up, down = ([place for place in large if sign * found.amounts[place] > 0][:_NAMED] for sign in (1, -1))
    rest = found.amounts.sum() - found.amounts[[*up, *down]].sum()
    told = [
        "; ".join(f"{row.feature(place)} ({found.amounts[place]:+.3f})" for place in places) for places in (up, down)
    ]
    total = f"start {found.start:+.3f}, all other features {rest:+.3f}, score {found.score:+.3f}"
    return told[0] or NOTHING, told[1] or NOTHING, total


def _value(value: float, feature: Feature) -> str:
    if np.isnan(value):
        return "missing or new" if feature.kind == "category" else "missing"
    return feature.levels[int(value)] if feature.kind == "category" else f"{value:,.6g}"
