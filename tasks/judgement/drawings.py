"""Each picture of a judgement, drawn on given axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.judgement import curves
from tasks.judgement.gate import Holdout
from tasks.metrics import METRICS, Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_FEATURES = 20
_MOST_NAMED_CLASSES = 12
_COLOURS = {"challenger": "#1b5e9e", "champion": "#f0a04b", "baseline": "#8c8c8c"}
_WIDTHS = {"challenger": 1.6, "champion": 3.2, "baseline": 1.2}
"""The champion is drawn first, and broader, so that it is seen where both are the same."""
_DASHED: dict[str, Any] = {"color": "#666666", "linewidth": 1, "linestyle": "--"}
_BY_DAY: Mapping[Task, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "mae"}
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class _Model:
    name: str
    predictions: FloatArray

    @property
    def line(self) -> dict[str, Any]:
        return {"color": _COLOURS[self.name], "linewidth": _WIDTHS[self.name], "label": self.name}


def roc(axes: "Axes", held: Holdout) -> None:
    """Draw the rows found over the false alarms."""
    axes.plot([0, 1], [0, 1], label="chance", **_DASHED)
    for model in _models(held):
        curve = curves.roc(held.labels, model.predictions)
        axes.plot(curve.x, curve.y, **model.line)
    x, y = "share of negative rows taken for positive", "share of positive rows found"
    _describe(axes, _values(held, "roc_auc"), x, y)


def precision_recall(axes: "Axes", held: Holdout) -> None:
    """Draw the precision over the recall."""
    share = float((held.labels == 1).mean())
    axes.axhline(share, label="chance", **_DASHED)
    for model in _models(held):
        curve = curves.precision_recall(held.labels, model.predictions)
        axes.plot(curve.x, curve.y, **model.line)
    axes.set_ylim(0, 1.02)
    x, y = "recall: share of positive rows found", "precision: share of found rows that are positive"
    _describe(axes, f"{_values(held, 'average_precision')}; {share:.1%} are positive", x, y)


def calibration(axes: "Axes", held: Holdout) -> None:
    """Draw what came true over what was predicted; for multiclass, of the likeliest class."""
    corner = 0.0
    for model in [_Model("baseline", held.baseline), *_models(held)]:
        happened, probabilities = _given(held, model.predictions)
        curve = curves.calibration(happened, probabilities)
        axes.plot(curve.x, curve.y, marker="o", markersize=5, **model.line)
        corner = max(corner, curve.x.max(), curve.y.max())
    axes.plot([0, corner], [0, corner], label="perfect", zorder=1, **_DASHED)
    what = "the positive class" if held.task == "binary" else "the likeliest class"
    title = f"The challenger gives {what} {probabilities.mean():.1%} on average; {happened.mean():.1%} came true"
    x, y = f"predicted probability of {what}, by tenths of the rows", "share of rows where it came true"
    _describe(axes, title, x, y)


def confusion(axes: "Axes", held: Holdout, names: Sequence[str]) -> None:
    """Draw how the challenger spreads the rows of each actual class over the classes."""
    count = len(names)
    pairs = held.labels.astype(np.intp) * count + held.challenger.argmax(axis=1)
    rows = np.bincount(pairs, minlength=count**2).reshape(count, count)
    shares = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    if count <= _MOST_NAMED_CLASSES:
        axes.set_xticks(range(count), names)
        axes.set_yticks(range(count), names)
        _make_room(axes, names)
        for (row, column), share in np.ndenumerate(shares):
            colour = "white" if share > 0.5 else "#333333"
            axes.text(column, row, f"{share:.0%}", ha="center", va="center", color=colour)
    title = f"{np.trace(rows) / rows.sum():.1%} of rows are given their class"
    _describe(axes, title, "class given by the challenger, share of the actual class", "actual class")


def actual_over_predicted(axes: "Axes", held: Holdout) -> None:
    """Draw the mean and the spread of the actual values over the challenger's predictions."""
    mean, low, high = curves.spread(held.labels, held.challenger, 0.1)
    blue = _COLOURS["challenger"]
    axes.fill_between(low.x, low.y, high.y, color=blue, alpha=0.18, linewidth=0, label="middle 80% of rows")
    axes.plot(mean.x, mean.y, color=blue, marker="o", markersize=4, label="mean")
    axes.plot(mean.x[[0, -1]], mean.x[[0, -1]], label="perfect", **_DASHED)
    _describe(axes, _values(held, "r2"), "predicted value, by twentieths of the rows", "actual value")


def residuals(axes: "Axes", held: Holdout) -> None:
    """Draw how actual values lie around the predicted ones."""
    errors = held.labels - held.challenger
    first, last = np.quantile(errors, [0.01, 0.99]).tolist()
    edges = np.linspace(first, last, 61)
    for model in _models(held):
        counts, _ = np.histogram(held.labels - model.predictions, edges)
        axes.stairs(counts / len(errors), edges, **model.line)
    axes.axvline(0, **_DASHED)
    low, high = np.quantile(errors, [0.25, 0.75]).tolist()
    title = f"Half of the challenger's residuals lie between {low:+.3g} and {high:+.3g}"
    _describe(axes, title, "actual minus predicted value, middle 98% of rows", "share of rows")


def by_day(axes: "Axes", held: Holdout) -> None:
    """Draw the task's best-known metric on each day."""
    metric = METRICS[_BY_DAY[held.task]]
    models = [_Model("baseline", held.baseline), *_models(held)]
    found = [curves.by_day(metric, held.labels, model.predictions, held.days) for model in models]
    for model, curve in zip(models, found, strict=True):
        axes.plot(curve.x, curve.y, marker="o", markersize=4, **model.line)
    rival, own = found[-2:]
    ahead = sum(metric.better(a, b) for a, b in zip(own.y, rival.y, strict=True))
    days = [date.fromordinal(_EPOCH + int(day)) for day in own.x]
    step = len(days) // 8 + 1
    axes.set_xticks(own.x[::step], [f"{day:%m-%d}" for day in days[::step]])
    title = f"The challenger is ahead of the {models[-2].name} on {ahead} of {len(days)} days"
    x, y = f"day of the event, UTC, from {days[0]} on", f"{metric.label}, {metric.direction} is better"
    _describe(axes, title, x, y)


def importance(axes: "Axes", importance: Mapping[str, float]) -> None:
    """Draw the shares of the features that carry most."""
    largest = sorted(importance.items(), key=lambda item: -item[1])[:_MOST_FEATURES]
    names, shares = [name for name, _ in largest], [share for _, share in largest]
    axes.barh(range(len(names)), shares, color=_COLOURS["challenger"], height=0.7)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    _make_room(axes, names)
    _describe(axes, f"The first of {len(importance)} features carries {shares[0]:.0%}", "share of the importance", "")


def _models(held: Holdout) -> list[_Model]:
    """Return champion and challenger, or the challenger alone; it is the last: on top."""
    champion = [] if held.champion is None else [_Model("champion", held.champion)]
    return [*champion, _Model("challenger", held.challenger)]


def _given(held: Holdout, predictions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return whether the likeliest class came true, and its probability."""
    if predictions.ndim == 1:
        return held.labels, predictions
    return (predictions.argmax(axis=1) == held.labels).astype(np.float64), predictions.max(axis=1)


def _values(held: Holdout, name: str) -> str:
    """Return the metric of each model, as a title."""
    metric = METRICS[name]
    values = [f"{m.name} {metric.bind(held.labels, m.predictions)(None):.3f}" for m in _models(held)[::-1]]
    return f"{metric.label[0].upper()}{metric.label[1:]}: {', '.join(values)}"


def _make_room(axes: "Axes", names: Sequence[str]) -> None:
    """Move the left edge so that the longest of ``names`` has its place beside it."""
    left = min(0.06 + 0.0115 * max(map(len, names)), 0.5)
    axes.set_position((left, 0.13, 0.96 - left, 0.75))


def _describe(axes: "Axes", title: str, x: str, y: str) -> None:
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles[::-1], labels[::-1])
