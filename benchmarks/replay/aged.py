"""What the methods of the literature go by: how models of some age fared on later steps, and what a training costs."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from benchmarks.replay.copied import Copied
from tasks.data.matrix import FloatArray
from tasks.data.snapshot import load_snapshot
from tasks.data.window import Window
from tasks.replay.accounting import accounting_metric
from tasks.replay.scored import scored
from tasks.replay.shared import eligible_rows
from tasks.replay.trainings import Made


def loss_of(copied: Copied, made: Made, end: datetime, weights: FloatArray | None = None) -> float:
    """Return what a model loses on a row of the step that ends then, labelled rows weighted; lower is better."""
    scene = copied.past.scene
    metric = accounting_metric(scene.spec)
    found = scored(scene, made, Window(end - scene.step, end))
    fits = weights is not None and len(weights) == len(found.labels)  # else a row of it has no label
    value = metric.bind(found.labels, found.predictions)(weights if fits else None)
    return value if metric.direction == "lower" else -value


def labelled_ends(copied: Copied, first: datetime, at: datetime) -> Iterator[datetime]:
    """Yield the ends of the steps after ``first`` whose labels are all known at ``at``, a day of delay forgiven."""
    scene = copied.past.scene
    yield from ends(first, at - max(scene.spec.source.label_delay - timedelta(days=1), timedelta(0)), scene.step)


def ends(first: datetime, last: datetime, step: timedelta) -> Iterator[datetime]:
    """Yield the ends of all steps after ``first`` up to ``last``."""
    end = first + step
    while end <= last:
        yield end
        end += step


def features_of(copied: Copied, end: datetime) -> FloatArray:
    """Return the numeric features of the step that ends then, shape (rows, features), 0 where one is missing."""
    scene = copied.past.scene
    names = [c.name for c in scene.contract.columns if c.role == "feature" and pa.types.is_floating(c.type)]
    table = load_snapshot(eligible_rows(scene, Window(end - scene.step, end)).rows, names)
    columns = [np.asarray(table.column(name).to_numpy(), dtype=np.float64) for name in names]
    return np.nan_to_num(np.column_stack(columns)) if columns else np.zeros((table.num_rows, 1))


def price_of_training(copied: Copied) -> float:
    """Return what a training costs, in the loss of a row on each of the rows of a step."""
    scene, rules = copied.past.scene, copied.past.scene.spec.policy
    rows = copied.once("rows", lambda: eligible_rows(scene, Window(scene.end - scene.step, scene.end)).rows.rows)
    return rules.training_cost / rules.loss_price / max(rows, 1)
