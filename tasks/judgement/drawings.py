"""The curves of a judgement: each function draws one picture on a figure and returns its title."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tasks.judgement import curves
from tasks.judgement.calibration import likeliest
from tasks.judgement.canvas import COLOURS, DASHED, Words, describe, line, name_rows, shorten
from tasks.judgement.holdout import Holdout
from tasks.judgement.verdict import Verdict
from tasks.metrics import METRICS, Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_FEATURES = 15
_BY_DAY: Mapping[Task, str] = {
    "binary": "roc_auc",
    "multiclass": "log_loss",
    "regression": "mae",
    "anomaly": "roc_auc",
}
_EPOCH = date(1970, 1, 1).toordinal()


def roc(figure: "Figure", held: Holdout, verdict: Verdict) -> str:
    """Draw the rows found over the false alarms."""
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], label="chance", **DASHED)
    for name, predictions in held.compared.items():
        curve = curves.roc(held.labels, predictions)
        axes.plot(curve.x, curve.y, **line(name))
    x, y = "false alarms: share of negative rows taken for positive", "↑ share of positive rows found"
    return describe(axes, Words(_standing(verdict, "roc_auc"), x, y))


def precision_recall(figure: "Figure", held: Holdout, verdict: Verdict) -> str:
    """Draw the precision over the recall."""
    axes, share = figure.add_subplot(), float((held.labels == 1).mean())
    axes.axhline(share, label=f"chance: {share:.1%}", **DASHED)
    for name, predictions in held.compared.items():
        curve = curves.precision_recall(held.labels, predictions)
        axes.plot(curve.x, curve.y, **line(name))
    axes.set_ylim(0, 1.02)
    x, y = "recall: share of positive rows found", "↑ precision: share of found rows that are positive"
    return describe(axes, Words(_standing(verdict, "average_precision"), x, y))


def calibration(figure: "Figure", held: Holdout) -> str:
    """Draw what came true over what was predicted; for multiclass, of the likeliest class."""
    axes, corner = figure.add_subplot(), 0.0
    for name, predictions in {"baseline": held.baseline, **held.compared}.items():
        happened, probabilities = likeliest(held.labels, predictions)
        curve = curves.calibration(happened, probabilities)
        axes.plot(curve.x, curve.y, marker="o", markersize=4, **line(name))
        corner = max(corner, curve.x.max(), curve.y.max())
    axes.plot([0, corner], [0, corner], label="perfect", zorder=1, **DASHED)
    what = "the positive class" if held.task == "binary" else "the likeliest class"
    title = f"The challenger expects {what} in {probabilities.mean():.1%} of rows; it came in {happened.mean():.1%}"
    return describe(
        axes, Words(title, f"predicted probability of {what}, by tenths of the rows", "↑ share that came true")
    )


def actual_over_predicted(figure: "Figure", held: Holdout, verdict: Verdict) -> str:
    """Draw the mean of the actual values over the predicted ones, and their spread for the challenger."""
    axes, blue = figure.add_subplot(), COLOURS["challenger"]
    for name, predictions in held.compared.items():
        mean, low, high = curves.spread(held.labels, predictions, 0.1)
        axes.plot(mean.x, mean.y, marker="o", markersize=3, **line(name))
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
    for name, predictions in held.compared.items():
        counts, _ = np.histogram(held.labels - predictions, edges)
        axes.stairs(counts / len(errors), edges, **line(name))
    axes.axvline(0, **DASHED)
    title = f"Half of the challenger's residuals lie between {low:+.3g} and {high:+.3g}"
    return describe(axes, Words(title, "residual: actual minus predicted value, middle 98% of rows", "↑ share of rows"))


def by_day(figure: "Figure", held: Holdout) -> str:
    """Draw the task's best-known metric on each day."""
    axes, metric = figure.add_subplot(), METRICS[_BY_DAY[held.task]]
    models = {"baseline": held.baseline, **held.compared}
    found = [curves.by_day(metric, held.labels, predictions, held.days) for predictions in models.values()]
    for name, curve in zip(models, found, strict=True):
        axes.plot(curve.x, curve.y, marker="o", markersize=3.5, **line(name))
    rival, own = found[-2:]
    ahead = sum(metric.better(a, b) for a, b in zip(own.y, rival.y, strict=True))
    days = [date.fromordinal(_EPOCH + int(day)) for day in own.x]
    step = len(days) // 8 + 1
    axes.set_xticks(own.x[::step], [f"{day:%m-%d}" for day in days[::step]])
    title = f"The challenger is ahead of the {[*models][-2]} on {ahead} of {len(days)} days"
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


def _unit(name: str) -> str:
    return f"↑ {METRICS[name].label}, {METRICS[name].direction} is better"
