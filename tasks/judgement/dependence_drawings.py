"""Pictures of what models do with one feature."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.judgement.canvas import MUTED, Words, describe, line, shorten
from tasks.judgement.explained import Dependence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 2.9
_BARS = 0.22
_MOST_WRITTEN = 6
"""Of the height of a picture, for the bars that show where rows are; and names beside which "missing" has room."""
_FAINT: Mapping[str, Any] = {"color": MUTED, "alpha": 0.25}
_LETTERS = 44
"""For which there is room below a picture with names beside each other."""


def dependence(figure: "Figure", shown: Dependence) -> str:
    """Draw the mean prediction over the values of a feature, and below it how many rows have them."""
    axes = figure.add_subplot()
    _draw_rows(axes.twinx(), shown)
    axes.set_zorder(1)  # the curves before the bars
    axes.patch.set_visible(False)
    known, missing = len(shown.places), _beside(shown)
    curves = {"champion": shown.champion, "challenger": shown.challenger}
    for name, curve in curves.items():
        if curve is None:
            continue
        look = line(name)
        if known:
            style = {"linestyle": ""} if shown.names else {}
            axes.plot(shown.places, curve[:known], marker="o", markersize=_size(name), **{**look, **style})
        if shown.missing:
            label = {"label": None} if known else {}
            axes.plot([missing], curve[known:], marker="D", markersize=_size(name), **{**look, **label})
    _leave_room(axes, [curve for curve in curves.values() if curve is not None])
    _name_places(axes, shown)
    return describe(axes, Words(_finding(shown), _words_below(shown), f"↑ mean {shorten(shown.predicted, 44)}", 0.62))


def _draw_rows(axes: "Axes", shown: Dependence) -> None:
    """Draw a faint bar for the rows at each value, the highest a fifth of the picture."""
    places, shares, missing = shown.places, shown.shares, _beside(shown)
    if shown.binned:
        edges = np.linspace(places[0], places[-1], len(shares) + 1)
        axes.bar(edges[:-1], shares, width=np.diff(edges), align="edge", **_FAINT)
    elif len(places):
        axes.bar(places, shares, width=0.7 * min(np.diff(places), default=1.0), **_FAINT)
    if shown.missing:
        axes.bar([missing], [shown.missing], width=0.7 * _step(shown), **_FAINT)
    axes.set_ylim(0, max(float(shares.max(initial=0.0)), shown.missing) / _BARS)
    axes.grid(visible=False)
    axes.set_yticks([])
    axes.spines["right"].set_visible(False)


def _size(name: str) -> float:
    """Return how large a point is: the champion's, which is drawn first, is seen around the challenger's."""
    return 7 if name == "champion" else 4


def _step(shown: Dependence) -> float:
    """Return the width of the place of missing values."""
    return 1.0 if shown.names or not len(shown.places) else float(np.ptp(shown.places)) / 12 or 1.0


def _beside(shown: Dependence) -> float:
    """Return where the missing values stand: to the right of all others."""
    return float(shown.places[-1]) + 1.5 * _step(shown) if len(shown.places) else 0.0


def _leave_room(axes: "Axes", curves: list[FloatArray]) -> None:
    """Have the curves above the bars."""
    every = np.concatenate(curves)
    low, high = float(every.min()), float(every.max())
    span = high - low or abs(high) or 1.0
    axes.set_ylim(low - span * (0.1 + _BARS / (1 - _BARS)), high + 0.08 * span)


def _name_places(axes: "Axes", shown: Dependence) -> None:
    ticks = shown.places if shown.names else [t for t in axes.get_xticks() if _within(t, shown)]
    labels = [shorten(name, max(_LETTERS // max(len(shown.names) + (shown.missing > 0), 1), 2)) for name in shown.names]
    labels = labels or [f"{tick:,.0f}" if tick.is_integer() else f"{tick:,.6g}" for tick in ticks]
    if shown.missing:
        ticks, labels = [*ticks, _beside(shown)], [*labels, "–" if _abbreviated(shown) else "missing"]
    axes.set_xticks(ticks, labels)


def _within(tick: float, shown: Dependence) -> bool:
    """Say whether a number has room below the axis: not beside the curve, nor too near to the word for missing."""
    if not len(shown.places):
        return False
    last = shown.places[-1] - (0.5 * _step(shown) if shown.missing else 0.0)
    return bool(shown.places[0] <= tick <= last)


def _abbreviated(shown: Dependence) -> bool:
    return bool(shown.missing) and len(shown.names) >= _MOST_WRITTEN


def _words_below(shown: Dependence) -> str:
    name = shorten(shown.feature)
    if shown.names:
        return f"{name}: its most frequent values" + (", – missing" if _abbreviated(shown) else "")
    middle = ", middle 96% of rows" if shown.binned else ""
    return f"{name}{middle}{', ◆ missing' if shown.missing else ''}; bars: rows"


def _finding(shown: Dependence) -> str:
    low, high = float(shown.challenger.min()), float(shown.challenger.max())
    shares = shown.predicted.startswith("probability")
    ends = (f"{low:.1%}", f"{high:.1%}") if shares else (f"{low:.4g}", f"{high:.4g}")
    what = f"{shorten(shown.feature)}: the challenger's mean {shorten(shown.predicted)}"
    return f"{what} goes from {ends[0]} to {ends[1]}"
