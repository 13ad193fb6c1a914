"""The metrics of each kind of task, each with its direction."""

from tasks.metrics.catalogue import METRICS, evaluate, find_metric, metrics_of, names_of, suits
from tasks.metrics.metric import Direction, Metric, Task, Tolerance, Weighted

__all__ = [
    "METRICS",
    "Direction",
    "Metric",
    "Task",
    "Tolerance",
    "Weighted",
    "evaluate",
    "find_metric",
    "metrics_of",
    "names_of",
    "suits",
]
