"""The metrics that there are, by name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tasks.data.matrix import FloatArray
from tasks.metrics import losses, ranking, sums
from tasks.metrics.metric import Bind, Direction, Metric, Sums, Task, Tolerance

_BINARY: tuple[Task, ...] = ("binary",)
_RANKED: tuple[Task, ...] = ("binary", "anomaly")
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_MULTICLASS: tuple[Task, ...] = ("multiclass",)
_REGRESSION: tuple[Task, ...] = ("regression",)
_POINTS = Tolerance(0.005)
"""Half a point of a share: about what retraining on the same data with another seed changes."""
_NATS = Tolerance(0.005)
_BRIER = Tolerance(0.001)
_PERCENT = Tolerance(0.01, relative=True)


def _summed(
    name: str, label: str, direction: Direction, tasks: tuple[Task, ...], how: tuple[Sums, Tolerance]
) -> Metric:
    made, tolerance = how
    return Metric(name, label, direction, tasks, tolerance, made.bind, made)


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", "ROC AUC", "higher", _RANKED, _POINTS, ranking.roc_auc),
        Metric("average_precision", "average precision", "higher", _RANKED, _POINTS, ranking.average_precision),
        _summed("log_loss", "log loss", "lower", _CLASSES, (sums.mean_of(losses.log_loss), _NATS)),
        _summed("brier", "Brier score", "lower", _BINARY, (sums.mean_of(losses.squared_error), _BRIER)),
        _summed("accuracy", "accuracy", "higher", _CLASSES, (sums.mean_of(losses.hits), _POINTS)),
        _summed("f1", "F1", "higher", _BINARY, (sums.F1, _POINTS)),
        Metric("macro_f1", "macro F1", "higher", _MULTICLASS, _POINTS, sums.macro_f1),
        _summed("mae", "mean absolute error", "lower", _REGRESSION, (sums.mean_of(losses.absolute_error), _PERCENT)),
        _summed("rmse", "root mean squared error", "lower", _REGRESSION, (sums.RMSE, _PERCENT)),
        _summed("r2", "R²", "higher", _REGRESSION, (sums.R2, _POINTS)),
        Metric(
            "median_absolute_error",
            "median absolute error",
            "lower",
            _REGRESSION,
            _PERCENT,
            ranking.median_absolute_error,
        ),
        _summed("mape", "mean absolute percentage error", "lower", _REGRESSION, (sums.MAPE, _PERCENT)),
    )
}
"""Those without a parameter: each is reported of every model of its task."""


@dataclass(frozen=True)
class Family:
    """Metrics that differ in one number, written ``name@number``."""

    name: str
    label: str
    """With the number in place of {}."""
    direction: Direction
    tasks: tuple[Task, ...]
    tolerance: Tolerance
    allowed: tuple[str, Callable[[float], bool]]
    make: Callable[[float], Bind | Sums]

    def metric(self, number: float) -> Metric:
        made = self.make(number)
        bind, summed = (made.bind, made) if isinstance(made, Sums) else (made, None)
        label = self.label.format(f"{number:g}")
        return Metric(f"{self.name}@{number:g}", label, self.direction, self.tasks, self.tolerance, bind, summed)


def _is_share(number: float) -> bool:
    return 0 < number < 1


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            "recall_at_precision",
            "recall at a precision of {}",
            "higher",
            _RANKED,
            _POINTS,
            ("a precision between 0 and 1", _is_share),
            ranking.recall_at_precision,
        ),
        Family(
            "precision_at",
            "precision at {}",
            "higher",
            _RANKED,
            _POINTS,
            ("a share of the rows between 0 and 1, or a number of rows", lambda k: _is_share(k) or k >= 1),
            ranking.precision_at,
        ),
        Family(
            "cost",
            "cost where a miss costs {} false alarms",
            "lower",
            _BINARY,
            _PERCENT,
            ("what a miss costs, where a false alarm costs 1; above 0", lambda miss: miss > 0),
            lambda miss: sums.mean_of(losses.cost(miss)),
        ),
        Family(
            "pinball",
            "pinball loss at {}",
            "lower",
            _REGRESSION,
            _PERCENT,
            ("a quantile between 0 and 1", _is_share),
            lambda quantile: sums.mean_of(losses.pinball(quantile)),
        ),
    )
}


def find_metric(name: str) -> Metric:
    """Return the metric called ``name``, such as ``roc_auc`` or ``precision_at@0.05``; raise KeyError if none is."""
    if name in METRICS:
        return METRICS[name]
    parts = re.fullmatch(r"(\w+)@([0-9.]+)", name)
    if parts is None or parts[1] not in FAMILIES:
        raise KeyError(name)
    family, number = FAMILIES[parts[1]], float(parts[2])
    if not family.allowed[1](number):
        raise KeyError(name)
    return family.metric(number)


def suits(name: str, task: Task) -> bool:
    """Say whether ``name`` is a metric of ``task``."""
    try:
        return task in find_metric(name).tasks
    except (KeyError, ValueError):
        return False


def names_of(task: Task) -> list[str]:
    """Return what may be written for a metric of ``task``."""
    families = [f"{family.name}@… ({family.allowed[0]})" for family in FAMILIES.values() if task in family.tasks]
    return [*metrics_of(task), *families]


def metrics_of(task: Task) -> dict[str, Metric]:
    """Return the metrics that are reported of a model of ``task``, by name."""
    return {name: metric for name, metric in METRICS.items() if task in metric.tasks}


def evaluate(task: Task, labels: FloatArray, predictions: FloatArray, *also: str) -> dict[str, float]:
    """Return the value of every metric of ``task``, and of ``also``, by name."""
    wanted = {**metrics_of(task), **{name: find_metric(name) for name in also}}
    return {name: metric.bind(labels, predictions)(None) for name, metric in wanted.items()}
