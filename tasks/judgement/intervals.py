"""Differences with their intervals, drawn: the one that decides, and that of each slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.judgement import wording
from tasks.judgement.canvas import ALARM, COLOURS, INK, MUTED, RIGHT, SMALL, Words, describe, shorten
from tasks.judgement.comparison import Comparison
from tasks.judgement.slices import FOUND
from tasks.judgement.verdict import SliceResult, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INTERVAL_HEIGHT = 2.3
MOST_SLICES = 20
"""Drawn; the table has all."""
_SLICE_HEIGHT, _FOREST_FRAME = 0.36, 1.45
_BACKED = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8}
"""A line behind a number must not cross it."""
_GAP = "\N{NO-BREAK SPACE}"
"""Between a line and its name; SVG would drop another space."""
_WORSE, _WITHIN, _BETTER = "#f6dcd9", "#fbf0d5", "#dcefe1"


@dataclass(frozen=True)
class Slice:
    """One slice that could be compared."""

    name: str
    result: SliceResult
    comparison: Comparison
    found: bool
    """By search: nobody declared it."""


def compared(verdict: Verdict) -> list[Slice]:
    """Return the slices that could be compared, the worst first."""
    slices = [
        Slice(slice_name(report.column, result), result, result.comparison, report.column == FOUND)
        for report in verdict.slices
        for result in report.results
        if result.comparison
    ]
    return sorted(slices, key=lambda part: (part.comparison.difference, part.name))


def slice_name(column: str, result: SliceResult) -> str:
    """Return what a slice is called where its column's name does not stand above it."""
    return result.value if column == FOUND else f"{column} = {result.value}"


def reach(comparison: Comparison, rival: str) -> str:
    """Return in a sentence how much better or worse the challenger may be."""
    c, show = comparison, wording.number_format(comparison)
    low, high = f"{abs(c.low):{show}}", f"{abs(c.high):{show}}"
    if c.low < 0 < c.high:
        return f"In {c.label}, the challenger is between {low} worse and {high} better than the {rival}"
    if c.low == c.high == 0:
        return f"In {c.label}, the challenger does exactly as well as the {rival}"
    small, large, side = (low, high, "better") if c.low >= 0 else (high, low, "worse")
    return f"In {c.label}, the challenger is {small} to {large} {side} than the {rival}"


def allowed_loss(verdict: Verdict) -> float:
    """Return how much worse the challenger may be; beside the baseline, it may not."""
    return verdict.margin if verdict.comparison else 0.0


def interval(figure: "Figure", verdict: Verdict) -> str:
    """Draw the deciding difference with its interval, beside no difference and the margin."""
    axes, c, margin = figure.add_subplot(), verdict.deciding, allowed_loss(verdict)
    first, last = min(c.low, -margin, 0.0), max(c.high, 0.0)
    pad = 0.32 * (last - first or 1.0)
    axes.set_xlim(first - pad, last + pad)
    axes.set_ylim(0, 1)
    _zones(axes, margin, (first - pad, last + pad))
    axes.plot([c.low, c.high], [0.4, 0.4], color=COLOURS["challenger"], linewidth=7, solid_capstyle="butt")
    axes.plot([c.difference], [0.4], marker="o", markersize=9, markeredgecolor="white", color=COLOURS["challenger"])
    _numbers(axes, c)
    _marks(axes, margin)
    return describe(axes, Words(reach(c, verdict.rival), f"gain in {c.label}; to the right: better", left=RIGHT))


def forest(figure: "Figure", verdict: Verdict) -> str:
    """Draw each slice's gain with its interval, the worst first."""
    axes, slices = figure.add_subplot(), compared(verdict)
    shown = slices[:MOST_SLICES]
    show = wording.number_format(min((part.comparison for part in shown), key=lambda c: c.high - c.low))
    for row, part in enumerate(shown):
        _row(axes, row, part, show)
    axes.margins(x=0.12)
    axes.axvline(0, color=INK, linewidth=1)
    if verdict.comparison:
        axes.axvline(-verdict.slice_margin, color=ALARM, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.set_ylim(len(shown) - 0.4, -0.75)
    axes.set_yticks([])
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    dashed = f"; dashed: the margin, {-verdict.slice_margin:.3g}" if verdict.comparison else ""
    return describe(axes, Words(_finding(verdict, slices), f"gain in {verdict.deciding.label}{dashed}", left=RIGHT))


def forest_height(verdict: Verdict) -> float:
    """Return the inches that the slices need."""
    return _FOREST_FRAME + _SLICE_HEIGHT * min(len(compared(verdict)), MOST_SLICES)


def _zones(axes: "Axes", margin: float, ends: tuple[float, float]) -> None:
    """Colour and name the three answers: worse, within the margin, better."""
    zones = [(ends[0], -margin, _WORSE), (-margin, 0.0, _WITHIN), (0.0, ends[1], _BETTER)]
    for left, right, colour in zones:
        axes.axvspan(left, right, color=colour, linewidth=0, zorder=0)
    axes.grid(visible=False)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _numbers(axes: "Axes", c: Comparison) -> None:
    show = wording.number_format(c)
    small: dict[str, Any] = {"fontsize": SMALL, "va": "top", "color": INK, "bbox": _BACKED}
    axes.text(c.difference, 0.56, f"{c.difference:+{show}}", ha="center", fontweight="bold", fontsize=10.5)
    axes.text(c.low, 0.27, f"{c.low:+{show}}", ha="right", **small)
    axes.text(c.high, 0.27, f"{c.high:+{show}}", ha="left", **small)


def _marks(axes: "Axes", margin: float) -> None:
    """Draw and name no difference and the margin; their names part to either side, however near they are."""
    axes.axvline(0, color=INK, linewidth=1.4)
    axes.text(0, 0.97, f"{_GAP}better →", ha="left", va="top", fontsize=SMALL, color=INK)
    axes.set_xticks([0.0], [""])
    axes.text(0, -0.05, f"{_GAP}0: equal", ha="left", va="top", fontsize=SMALL, color=INK)
    axes.text(-margin, 0.97, f"← worse{_GAP}", ha="right", va="top", fontsize=SMALL, color=ALARM)
    if margin:
        axes.axvline(-margin, color=ALARM, linewidth=1.4, linestyle=(0, (4, 3)))
        axes.text(
            -margin,
            -0.05,
            f"margin: -{wording.figure(margin)}{_GAP}",
            ha="right",
            va="top",
            fontsize=SMALL,
            color=ALARM,
        )


def _row(axes: "Axes", row: int, part: Slice, show: str) -> None:
    c, worse = part.comparison, part.result.regressed
    colour = ALARM if worse else COLOURS["challenger"]
    axes.plot([c.low, c.high], [row, row], color=colour, linewidth=3 if worse else 2)
    face = "white" if part.found else colour
    axes.plot([c.difference], [row], marker="s" if worse else "o", markersize=6.5, color=colour, markerfacecolor=face)
    name = f"{shorten(part.name)}{' (found by search)' if part.found else ''}{': worse' if worse else ''}"
    where: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "bottom", "bbox": _BACKED}
    where |= {"fontsize": SMALL, "fontweight": "bold" if worse else "normal"}
    axes.text(0, row - 0.2, name, color=colour if worse else INK, **where)
    axes.text(1, row - 0.2, f"{c.difference:+{show}}", ha="right", color=colour if worse else MUTED, **where)


def _finding(verdict: Verdict, slices: Sequence[Slice]) -> str:
    worse = list(dict.fromkeys(shorten(part.name, 24) for part in slices if part.result.regressed))
    cut = f" The {MOST_SLICES} worst are drawn." if len(slices) > MOST_SLICES else ""
    if worse:
        named = " and ".join(worse) if len(worse) <= 2 else f"{worse[0]} and {len(worse) - 1} others"
        return f"Of {len(slices)} slices, worse on {named}.{cut}"
    if not verdict.comparison:
        ahead = sum(part.comparison.difference > 0 for part in slices)
        return f"The challenger is ahead of the baseline on {ahead} of {len(slices)} slices.{cut}"
    return f"No slice of {len(slices)} is shown to be worse by more than {verdict.slice_margin:.3g}.{cut}"
