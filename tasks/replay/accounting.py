"""What losses are counted in, and how large a difference has to be to count."""

from tasks.metrics import Metric, find_metric
from tasks.spec import ModelSpec


def accounting_metric(spec: ModelSpec, name: str | None = None) -> Metric:
    """Return the metric that losses are counted in: one that is a sum over rows, so that windows add up.

    ``name`` is what a person asks for. Default: the gate's own, if it adds up and less of it is better; else log loss,
    or for values the mean absolute error.

    Raises:
        KeyError: ``name`` is no metric of the task that adds up.
    """
    asked = find_metric(name or spec.gate.metric)
    if asked.sums is not None and asked.direction == "lower" and spec.task in asked.tasks:
        return asked
    if name is not None:
        raise KeyError(name)
    return find_metric("mae" if spec.task == "regression" else "log_loss")


def accounting_margin(spec: ModelSpec, metric: Metric, loss: float) -> float:
    """Return how much more than ``loss`` is no difference that counts, in the unit of ``metric``.

    The gate's margin, and at most the usual one of the metric: a margin is also wide where a holdout is small, and a
    replay has the rows of its whole history.
    """
    usual = metric.tolerance.of(loss)
    own = spec.gate.margin if metric.name == spec.gate.metric else None
    return usual if own is None else min(own.of(loss), usual)
