"""What is to be predicted: which kind of task, and of two classes which one."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tasks.drafting.kinds import Column
from tasks.drafting.questions import Ask, Question
from tasks.errors import DataRefused
from tasks.metrics import Task

_POSITIVE = (
    "true",
    "yes",
    "y",
    "1",
    "positive",
    "pos",
    "late",
    "fraud",
    "churn",
    "churned",
    "default",
    "spam",
    "died",
    "bad",
)
_FEW_VALUES = 20
"""Whole numbers of which there are so few may be codes of classes."""
_MOST_CLASSES = 50
_RARE = 0.05
"""Share of the rarer class, below which the ranking at the top is what counts."""
_HEAVY = 5.0
"""How many times as far the last per cent of values lies as half of them do: such errors are better not squared."""


@dataclass(frozen=True)
class Goal:
    """What is predicted, and by which metric it is judged."""

    task: Task
    positive: str | int | bool | None
    """Binary: the class to predict, where the values do not say so themselves."""
    metric: str
    reason: str
    """Why this task and this metric, in words."""
    shares: dict[str, float]
    """Of each class among the rows that were looked at, the most frequent first; {} for a regression."""


def find_goal(target: Column, wish: Task | None, ask: Ask) -> Goal:
    """Return what ``target`` is as a task.

    Raises:
        DataRefused: it has no value, one value only, or as many as there are rows.
    """
    _check(target)
    task = wish or _task(target, ask)
    if task == "regression":
        return _regression(target)
    shares = _shares(target)
    if task == "multiclass" or len(shares) > 2:
        if wish == "binary":
            raise DataRefused(f"target {target.name} has {len(shares)} values; task binary has two")
        rare = min(shares.values())
        why = f"{len(shares)} classes, the rarest {rare:.1%} of the rows; log loss asks for honest probabilities"
        return Goal("multiclass", None, "log_loss", why, shares)
    positive, rare = _positive(target, shares, ask), min(shares.values())
    metric = "average_precision" if rare < _RARE else "roc_auc"
    why = f"two classes, the rarer one {rare:.2%} of the rows" + (
        "; average precision looks at the top of the ranking, where such rare ones must be"
        if rare < _RARE
        else "; ROC AUC asks how well rows are ranked, wherever a threshold is put"
    )
    return Goal("binary", positive, metric, why, shares)


def _check(target: Column) -> None:
    if target.kind == "empty":
        raise DataRefused(f"target {target.name} has no value in any row; there is nothing to learn from")
    if target.kind == "constant":
        value = target.values.drop_null()[0].as_py()
        raise DataRefused(f"target {target.name} is {value!r} in every row; there is nothing to tell apart")
    if pa.types.is_timestamp(target.values.type) or pa.types.is_date(target.values.type) or target.kind == "other":
        raise DataRefused(f"target {target.name} is a {target.values.type}; allowed: numbers, text, true/false")
    if target.kind in ("id", "text"):
        raise DataRefused(
            f"target {target.name} has {target.distinct:,} different values in {len(target.values):,} rows: it names "
            "rows, and says nothing that could be predicted"
        )


def _task(target: Column, ask: Ask) -> Task:
    if target.distinct == 2:
        return "binary"
    if target.kind == "category":
        if target.distinct > _MOST_CLASSES:
            raise DataRefused(
                f"target {target.name} is text with {target.distinct:,} different values; allowed: at most "
                f"{_MOST_CLASSES} classes"
            )
        return "multiclass"
    if target.is_whole and target.distinct <= _FEW_VALUES:
        likely: Task = "multiclass" if _are_codes(target) else "regression"
        question = Question(
            "task",
            f"{target.name} has {target.distinct} different whole numbers. Are they classes, or amounts?",
            ("multiclass", "regression"),
            likely,
            "they count up from 0 or 1 without a gap, as codes do" if likely == "multiclass" else "they are no codes",
        )
        return "multiclass" if ask(question) == "multiclass" else "regression"
    return "regression"


def _are_codes(target: Column) -> bool:
    values = sorted(pc.unique(target.values.drop_null()).to_pylist())
    counts = pc.value_counts(target.values.drop_null()).field("counts")
    without_gap = values[0] in (0, 1) and values == list(range(values[0], values[0] + len(values)))
    return without_gap and len(values) <= 12 and pc.min(counts).as_py() * 20 >= pc.max(counts).as_py()


def _shares(target: Column) -> dict[str, float]:
    counts = pc.value_counts(target.values.drop_null()).to_pylist()
    total = sum(one["counts"] for one in counts)
    ranked = sorted(counts, key=lambda one: (-one["counts"], str(one["values"])))
    return {str(one["values"]): one["counts"] / total for one in ranked}


def _positive(target: Column, shares: dict[str, float], ask: Ask) -> str | int | bool | None:
    values = {str(value): value for value in pc.unique(target.values.drop_null()).to_pylist()}
    if pa.types.is_boolean(target.values.type) or set(values.values()) == {0, 1}:
        return None
    said = [word for word in values if word.strip().lower() in _POSITIVE]
    likely = said[0] if len(said) == 1 else list(shares)[-1]
    reason = "its name says so" if len(said) == 1 else "it is the rarer one"
    question = Question("positive", f"Which value of {target.name} is to be predicted?", tuple(shares), likely, reason)
    found = values[ask(question)]
    return int(found) if isinstance(found, float) else found


def _regression(target: Column) -> Goal:
    if not (pa.types.is_integer(target.values.type) or pa.types.is_floating(target.values.type)):
        raise DataRefused(f"target {target.name} is {target.values.type}; allowed for task regression: numbers")
    middle, upper, top = pc.quantile(target.values.cast(pa.float64(), safe=False), q=[0.5, 0.75, 0.99]).to_pylist()
    heavy = top - middle > _HEAVY * max(upper - middle, 1e-12)
    shape = "amounts with a long tail, so that squared errors would be those of a few rows" if heavy else "amounts"
    return Goal("regression", None, "mae" if heavy else "rmse", f"{target.distinct:,} different numbers; {shape}", {})
