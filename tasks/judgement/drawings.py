"""The curves of a judgement: each function draws one picture on a figure and returns its title."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement import curves
from tasks.judgement.calibration import likeliest
from tasks.judgement.canvas import COLOURS, DASHED, SMALL, Words, describe, line, name_rows, shorten
from tasks.judgement.holdout import Holdout
from tasks.judgement.verdict import Verdict
from tasks.metrics import METRICS, Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_FEATURES = 15
_MOST_NAMED_CLASSES = 8
_MOST_DRAWN_CLASSES = 40
"""More cells than that many classes make are one image and not a shape each."""
_BY_DAY: Mapping[Task, str] = {
    "binary": "roc_auc",
    "multiclass": "log_loss",
    "regression": "mae",
    "anomaly": "roc_auc",
}
_UNNAMED = 0.2
_LETTERS = 42
"""For which there is room below a picture with names beside it."""
_DARKEST = 1.6
"""The share that would have the darkest colour: above 1, so that dark figures can be read on all of them."""
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class _Model:
    name: str
    predictions: FloatArray


def roc(figure: "Figure", held: Holdout, verdict: Verdict) -> str:
    """Draw the rows found over the false alarms."""
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], label="chance", **DASHED)
    for model in _models(held):
        curve = curves.roc(held.labels, model.predictions)
        axes.plot(curve.x, curve.y, **line(model.name))
    x, y = "false alarms: share of negative rows taken for positive", "↑ share of positive rows found"
    return describe(axes, Words(_standing(verdict, "roc_auc"), x, y))


def precision_recall(figure: "Figure", held: Holdout, verdict: Verdict) -> str:
    """Draw the precision over the recall."""
    axes, share = figure.add_subplot(), float((held.labels == 1).mean())
    axes.axhline(share, label=f"chance: {share:.1%}", **DASHED)
    for model in _models(held):
        curve = curves.precision_recall(held.labels, model.predictions)
        axes.plot(curve.x, curve.y, **line(model.name))
    axes.set_ylim(0, 1.02)
    x, y = "recall: share of positive rows found", "↑ precision: share of found rows that are positive"
    return describe(axes, Words(_standing(verdict, "average_precision"), x, y))


def calibration(figure: "Figure", held: Holdout) -> str:
    """Draw what came true over what was predicted; for multiclass, of the likeliest class."""
    axes, corner = figure.add_subplot(), 0.0
    for model in [_Model("baseline", held.baseline), *_models(held)]:
        happened, probabilities = likeliest(held.labels, model.predictions)
        curve = curves.calibration(happened, probabilities)
        axes.plot(curve.x, curve.y, marker="o", markersize=4, **line(model.name))
        corner = max(corner, curve.x.max(), curve.y.max())
    axes.plot([0, corner], [0, corner], label="perfect", zorder=1, **DASHED)
    what = "the positive class" if held.task == "binary" else "the likeliest class"
    title = f"The challenger expects {what} in {probabilities.mean():.1%} of rows; it came in {happened.mean():.1%}"
    return describe(
        axes, Words(title, f"predicted probability of {what}, by tenths of the rows", "↑ share that came true")
    )


def confusion(figure: "Figure", held: Holdout, names: Sequence[str]) -> str:
    """Draw how each model spreads the rows of each actual class over the classes; the colours are the challenger's."""
    axes, count = figure.add_subplot(), len(names)
    *rival, own = (_confused(held.labels, model.predictions, count) for model in _models(held))
    axes.pcolormesh(_shares(own), cmap="Blues", vmin=0, vmax=_DARKEST, rasterized=count > _MOST_DRAWN_CLASSES)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.invert_yaxis()
    left = _name_classes(axes, names) if count <= _MOST_NAMED_CLASSES else _UNNAMED
    if count <= _MOST_NAMED_CLASSES:
        _write_shares(axes, [_shares(rows) for rows in (own, *rival)])
    also = f"; the champion gives it to {_right(rival[0]):.1%}" if rival else ""
    x = f"class given, share of the actual class{'; in brackets: by the champion' if rival else ''}"
    return describe(
        axes, Words(f"The challenger gives {_right(own):.1%} of rows their class{also}", x, "actual class", left)
    )


def actual_over_predicted(figure: "Figure", held: Holdout, verdict: Verdict) -> str:
    """Draw the mean of the actual values over the predicted ones, and their spread for the challenger."""
    axes, blue = figure.add_subplot(), COLOURS["challenger"]
    for model in _models(held):
        mean, low, high = curves.spread(held.labels, model.predictions, 0.1)
        axes.plot(mean.x, mean.y, marker="o", markersize=3, **line(model.name))
    axes.fill_between(low.x, low.y, high.y, color=blue, alpha=0.15, linewidth=0, label="middle 80% of rows")
    axes.plot(mean.x[[0, -1]], mean.x[[0, -1]], label="perfect", **DASHED)
    return describe(
        axes, Words(_standing(verdict, "r2"), "predicted value, by twentieths of the rows", "↑ actual value")
    )


def residuals(figure: "Figure", held: Holdout) -> str:
    """Draw how actual values lie around the predicted ones."""
    axes, errors = figure.add_subplot(), held.labels - held.challenger
    first, low, high, last = np.quantile(errors, [0.01, 0.25, 0.75, 0.99]).tolist()
    edges = np.linspace(first, last, 41)
    for model in _models(held):
        counts, _ = np.histogram(held.labels - model.predictions, edges)
        axes.stairs(counts / len(errors), edges, **line(model.name))
    axes.axvline(0, **DASHED)
    title = f"Half of the challenger's residuals lie between {low:+.3g} and {high:+.3g}"
    return describe(axes, Words(title, "residual: actual minus predicted value, middle 98% of rows", "↑ share of rows"))


def by_day(figure: "Figure", held: Holdout) -> str:
    """Draw the task's best-known metric on each day."""
    axes, metric = figure.add_subplot(), METRICS[_BY_DAY[held.task]]
    models = [_Model("baseline", held.baseline), *_models(held)]
    found = [curves.by_day(metric, held.labels, model.predictions, held.days) for model in models]
    for model, curve in zip(models, found, strict=True):
        axes.plot(curve.x, curve.y, marker="o", markersize=3.5, **line(model.name))
    rival, own = found[-2:]
    ahead = sum(metric.better(a, b) for a, b in zip(own.y, rival.y, strict=True))
    days = [date.fromordinal(_EPOCH + int(day)) for day in own.x]
    step = len(days) // 8 + 1
    axes.set_xticks(own.x[::step], [f"{day:%m-%d}" for day in days[::step]])
    title = f"The challenger is ahead of the {models[-2].name} on {ahead} of {len(days)} days"
    return describe(axes, Words(title, f"day of the event, UTC, from {days[0]} on", _unit(metric.name)))


def importance(figure: "Figure", importance: Mapping[str, float]) -> str:
    """Draw the shares of the features that carry most."""
    axes = figure.add_subplot()
    largest = sorted(importance.items(), key=lambda item: (-item[1], item[0]))[:_MOST_FEATURES]
    names, shares = [name for name, _ in largest], [share for _, share in largest]
    axes.barh(range(len(names)), shares, color=COLOURS["challenger"], height=0.65)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    left = name_rows(axes, names)
    title = f"{shorten(names[0], 24)} matters most of {len(importance)} features: {shares[0]:.0%} of all importance"
    return describe(axes, Words(title, "share of the importance", left=left))


def _models(held: Holdout) -> list[_Model]:
    """Return champion and challenger, or the challenger alone; it is the last: on top."""
    champion = [] if held.champion is None else [_Model("champion", held.champion)]
    return [*champion, _Model("challenger", held.challenger)]


def _standing(verdict: Verdict, name: str) -> str:
    """Return in a sentence how the challenger's metric compares with the champion's."""
    metric, own = METRICS[name], verdict.challenger_metrics[name]
    if verdict.champion_metrics is None:
        return f"The challenger's {metric.label} is {own:.3f}"
    rival = verdict.champion_metrics[name]
    if f"{own:.3f}" == f"{rival:.3f}":
        return f"Challenger and champion are level in {metric.label}: {own:.3f}"
    place = "ahead" if metric.better(own, rival) else "behind"
    return f"The challenger is {place} in {metric.label}: {own:.3f} to the champion's {rival:.3f}"


def _confused(labels: FloatArray, predictions: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """Return the rows of each actual class, by the class that was given to them."""
    pairs = labels.astype(np.intp) * count + predictions.argmax(axis=1)
    return np.bincount(pairs, minlength=count**2).reshape(count, count)


def _shares(rows: npt.NDArray[np.intp]) -> FloatArray:
    return np.asarray(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1))


def _right(rows: npt.NDArray[np.intp]) -> float:
    return float(np.trace(rows) / rows.sum())


def _name_classes(axes: "Axes", names: Sequence[str]) -> float:
    """Write the classes' names on both sides and return how many inches those on the left take."""
    left = name_rows(axes, names, first=0.5)
    axes.set_xticks(np.arange(len(names)) + 0.5, [shorten(name, _LETTERS // len(names)) for name in names])
    return left


def _write_shares(axes: "Axes", models: Sequence[FloatArray]) -> None:
    """Write the challenger's shares into the cells, and below them those of the champion, if there is one."""
    for shares, look, down in zip(models, ("{:.0%}", "({:.0%})"), (0.5 - 0.15 * (len(models) - 1), 0.7), strict=False):
        for (row, column), share in np.ndenumerate(shares):
            axes.text(column + 0.5, row + down, look.format(share), ha="center", va="center", fontsize=SMALL)


def _unit(name: str) -> str:
    return f"↑ {METRICS[name].label}, {METRICS[name].direction} is better"
