"""Pictures of a table: each draws on an empty figure and returns its title."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from tasks.drafting.fresh_gain import FreshGain
from tasks.drafting.history import History
from tasks.drafting.plan import Plan
from tasks.drafting.timeline import STRETCHES, Timeline
from tasks.judgement.canvas import COLOURS, DASHED, INK, MUTED, Words, describe, shorten, time_axis, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT = 2.9
_PARTS = {"train": "#eceef1", "validation": "#fbd7ae", "holdout": "#b9d3ec"}
_LINES = (COLOURS["challenger"], COLOURS["champion"], MUTED, "#1a7f4b")
_MADE_UP = "the order of the rows stands for time: the dates are made up"
_DAY = timedelta(days=1)


def draw(plan: Plan, history: History, found: FreshGain) -> Mapping[str, str]:
    """Return the pictures as SVG, by name."""
    drawn = {
        "volume": to_svg(partial(volume, plan=plan), "volume", _HEIGHT),
        "target": to_svg(partial(target, plan=plan, history=history), "target", _HEIGHT),
    }
    if found.steps:
        drawn["ageing"] = to_svg(partial(ageing, found=found), "ageing", _HEIGHT)
    return drawn


def volume(figure: "Figure", plan: Plan) -> str:
    """Draw how many rows each stretch of time has, on what train, validation and holdout take of it."""
    axes, line = figure.add_subplot(), plan.timeline
    _parts(axes, line)
    width = (line.as_of - line.start) / STRETCHES
    starts = [line.start + width * number for number in range(STRETCHES)]
    axes.bar(_dates(starts), line.volume, width / _DAY, align="edge", color=INK, alpha=0.45, linewidth=0)
    time_axis(axes)
    empty = sum(not count for count in line.volume)
    title = f"{line.rows:,} rows; the last {line.judges:,} with a label judge, and train no model"
    if empty and not plan.order.by_rows:
        title += f"; {empty} of {STRETCHES} stretches are empty"
    return describe(axes, Words(title, _MADE_UP if plan.order.by_rows else "time, UTC", "rows in a stretch of time"))


def target(figure: "Figure", plan: Plan, history: History) -> str:
    """Draw the target over time, as far as the holdout."""
    axes, line = figure.add_subplot(), plan.timeline
    _parts(axes, line, labelled=False)
    for (name, values), colour in zip(history.lines.items(), _LINES, strict=False):
        called = shorten(name, 24) if len(history.lines) > 1 else None
        axes.plot(_dates(history.times), values, color=colour, label=called, linewidth=1.6)
    axes.set_xlim(*_dates([line.start, line.as_of]))
    time_axis(axes)
    first = next(iter(history.lines.values()))
    known = first[np.isfinite(first)]
    spread = f"between {known.min():.3g} and {known.max():.3g}" if len(known) else "unknown"
    title = f"{shorten(next(iter(history.lines)), 40)}: {spread}"
    if len(history.lines) > 1:
        title = f"Shares of the {len(history.lines)} most frequent classes over time"
    return describe(axes, Words(title, "the holdout's labels are left to the gate", ""))


def ageing(figure: "Figure", found: FreshGain) -> str:
    """Draw by how much a fresh model is better than the old one, by the old one's age."""
    axes, steps = figure.add_subplot(), found.steps
    axes.axhline(0, **DASHED)
    ages = list(range(1, len(steps) + 1)) if found.by_rows else [step.age / _DAY for step in steps]
    gains = [step.found.difference for step in steps]
    reach = np.array([_reach(step.found.difference, step.found.low, step.found.high) for step in steps]).T
    axes.errorbar(ages, gains, reach, fmt="o-", color=COLOURS["champion"], markersize=5, capsize=3, linewidth=1.2)
    title = "A model of the earliest rows is behind fresh ones" if found.shown else "No evidence that a model ages here"
    x = (
        "parts of the file after the one that the old model learned from"
        if found.by_rows
        else "age of the old model, days"
    )
    return describe(axes, Words(title, x, f"what a fresh model gains in {steps[0].found.label}", left=0.66))


def _reach(middle: float, low: float, high: float) -> tuple[float, float]:
    if not (isfinite(low) and isfinite(high)):
        return 0.0, 0.0
    return max(middle - low, 0.0), max(high - middle, 0.0)


def _parts(axes: "Axes", line: Timeline, *, labelled: bool = True) -> None:
    judged = line.as_of - line.delay - line.holdout
    chosen = judged - line.delay - line.validation
    until = judged - line.delay
    spans = {"train": (line.start, chosen), "validation": (chosen, until), "holdout": (judged, line.as_of - line.delay)}
    for name, (start, end) in spans.items():
        axes.axvspan(*_dates([start, end]), color=_PARTS[name], linewidth=0, zorder=0, label=name if labelled else None)


def _dates(times: Sequence[datetime]) -> list[float]:
    from matplotlib.dates import date2num

    return [float(value) for value in date2num(times)]
