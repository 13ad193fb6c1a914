"""The target over time, in the rows that are learned and chosen from: what the holdout says is the gate's to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.drafting.quick import places, times_of_rows
from tasks.drafting.trial import Trial

_MOST, _ROWS, _FEWEST = 40, 25, 5
"""Stretches, rows in one on average, and those below which a mean says nothing."""
_CLASSES = 4


@dataclass(frozen=True)
class History:
    """What became of rows, stretch by stretch."""

    times: tuple[datetime, ...]
    """The middle of each stretch."""
    lines: Mapping[str, FloatArray]
    """The mean of the target, or the share of a class, by what it is called. Shapes (stretches,); nan: few rows."""


def history_of(trial: Trial) -> History:
    """Return the target's course over train and validation."""
    rows = places(trial, "train", "validation")
    times, labels = times_of_rows(trial, rows), trial.labels.values[rows]
    count = max(2, min(_MOST, len(rows) // _ROWS))
    edges = np.linspace(times[0], times[-1] + 1, count + 1)
    stretch = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, count - 1)
    sizes = np.bincount(stretch, minlength=count)
    lines = {name: _means(values, stretch, sizes) for name, values in _values(trial, labels).items()}
    middles = (edges[:-1] + edges[1:]) / 2
    return History(tuple(datetime.fromtimestamp(middle / 1e6, UTC) for middle in middles.tolist()), lines)


def _values(trial: Trial, labels: FloatArray) -> dict[str, FloatArray]:
    target = trial.labels.target
    if trial.spec.task == "regression":
        return {f"mean {target.name}": labels}
    if trial.spec.task != "multiclass":
        return {f"share of {target.name} = {target.classes[1]}": labels}
    frequent = np.argsort(-np.bincount(labels.astype(np.intp), minlength=target.codes), kind="stable")[:_CLASSES]
    return {str(target.classes[code]): (labels == code).astype(np.float64) for code in frequent}


def _means(values: FloatArray, stretch: npt.NDArray[np.intp], sizes: npt.NDArray[np.intp]) -> FloatArray:
    sums = np.bincount(stretch, values, minlength=len(sizes))
    return np.where(sizes >= _FEWEST, sums / np.maximum(sizes, 1), np.nan)
