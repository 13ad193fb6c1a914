"""What a policy's champions predicted, step by step, and what came of it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.metrics import Metric
from tasks.replay.episodes import ServedStep, load_served
from tasks.replay.walk import Walk


@dataclass(frozen=True)
class Served:
    """Labelled rows of all steps, in the same order whatever the policy.

    Shapes (rows,); predictions also (rows, classes).
    """

    times: npt.NDArray[np.int64]
    """Event times, microseconds since 1970, UTC."""
    labels: FloatArray
    predictions: FloatArray
    steps: npt.NDArray[np.intp]
    """The number of each row's step."""

    def by_step(self, metric: Metric, count: int) -> FloatArray:
        """Return the metric's value on the rows of each of ``count`` steps, nan where it has none."""
        bounds = np.searchsorted(self.steps, np.arange(count + 1))
        return np.array(
            [
                metric.bind(self.labels[start:end], self.predictions[start:end])(None) if end > start else np.nan
                for start, end in pairwise(bounds)
            ]
        )


def served(walk: Walk) -> Served:
    """Return what the champions of ``walk`` predicted."""
    parts = [load_served(step.served) for step in walk.steps]
    classes = tuple(dict.fromkeys(name for part in parts for name in part.classes))
    aligned = [_aligned(part, classes) for part in parts if len(part.labels)]
    return Served(
        times=np.concatenate([part.times for part in parts]),
        labels=np.concatenate([part.labels for part in aligned] or [np.empty(0)]),
        predictions=np.concatenate([part.predictions for part in aligned] or [np.empty(0)]),
        steps=np.repeat(np.arange(len(parts)), [len(part.labels) for part in parts]),
    )


def _aligned(part: ServedStep, classes: tuple[str, ...]) -> ServedStep:
    """Return ``part`` in these classes: a champion gave 0 to those that it did not know."""
    if part.classes == classes or part.predictions.ndim == 1:
        return part
    place = np.array([classes.index(name) for name in part.classes])
    predictions = np.zeros((len(part.labels), len(classes)))
    predictions[:, place] = part.predictions
    return ServedStep(part.times, place[part.labels.astype(np.intp)].astype(np.float64), predictions, classes)
