"""Pictures of a replay: each draws on an empty figure and returns its title."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING

from tasks.judgement.canvas import (
    ALARM,
    COLOURS,
    DASHED,
    INK,
    MUTED,
    SMALL,
    Words,
    describe,
    name_rows,
    shorten,
    time_axis,
)
from tasks.replay.accounts import NEVER, Account
from tasks.replay.loss_by_age import LossByAge

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE_HEIGHT = 0.34
"""Inches of a policy's row."""


def time_line(figure: "Figure", *, accounts: Sequence[Account], recommended: str, label: str) -> str:
    """Draw each policy as a row: what it lost beside never, step by step, its trainings, and what it was told."""
    axes = figure.add_subplot()
    never = next(account for account in accounts if account.name == NEVER)
    largest = max((abs(d) for a in accounts for d in _beside(a, never) if isfinite(d)), default=0.0) or 1.0
    for row, account in enumerate(accounts[::-1]):
        _row(axes, account, _beside(account, never), row=row, scale=0.42 / largest)
    time_axis(axes)
    left = name_rows(axes, [account.name for account in accounts[::-1]])
    axes.set_ylim(-0.6, len(accounts) - 0.4)
    axes.grid(visible=False, axis="y")
    words = Words(
        f"{recommended} is recommended: what each policy lost less, or more, than never",
        f"● passed the gate, ○ refused, × broken feed; the highest bar is {largest:.3g} {label}",
        left=left,
    )
    return describe(axes, words)


def frontier(figure: "Figure", *, accounts: Sequence[Account], recommended: str, label: str) -> str:
    """Draw each policy's loss over its number of trainings."""
    axes = figure.add_subplot()
    points: dict[tuple[int, float], list[str]] = {}
    for account in accounts:
        points.setdefault((account.walk.trainings, account.loss), []).append(account.name)
    for (trainings, loss), names in points.items():
        chosen = recommended in names
        colour = COLOURS["challenger"] if chosen else MUTED
        axes.plot(trainings, loss, "o", color=colour, markersize=8 if chosen else 5)
        right = trainings > max(account.walk.trainings for account in accounts) / 2
        axes.annotate(
            shorten(", ".join(names), 48),
            (trainings, loss),
            xytext=(-6 if right else 6, -12 if chosen else 4),  # the best ones lie close to one another
            ha="right" if right else "left",
            textcoords="offset points",
            fontsize=SMALL,
            color=INK if chosen else MUTED,
        )
    axes.margins(x=0.14, y=0.12)
    axes.set_xlim(left=min(-0.5, axes.get_xlim()[0]))
    best = min(accounts, key=lambda account: account.loss)
    title = f"The least was lost by {best.name}, with {best.walk.trainings} trainings"
    return describe(axes, Words(title, "trainings after the first one", f"mean {label}", left=0.7))


def staleness(figure: "Figure", *, found: LossByAge, label: str) -> str:
    """Draw what champions lost more than the youngest of the same step, by age."""
    axes = figure.add_subplot()
    axes.axhline(0, **DASHED)
    days = [bucket.days for bucket in found.buckets]
    axes.plot(days, [bucket.excess for bucket in found.buckets], "o-", color=COLOURS["champion"], markersize=5)
    if isfinite(found.per_day):
        reach = [0.0, max(days)]
        axes.fill_between(reach, [0, found.low * reach[1]], [0, found.high * reach[1]], color=ALARM, alpha=0.12)
    title = "No evidence that the model ages"
    if found.shown:
        title = f"A day of age costs {found.per_day:.2g} ({found.low:.2g} to {found.high:.2g})"
    words = "days since training; the band: a straight line's 90 % interval"
    return describe(axes, Words(title, words, f"{label} above that of the youngest", left=0.72))


def _beside(account: Account, never: Account) -> list[float]:
    return [rival - own for own, rival in zip(account.by_step, never.by_step, strict=True)]


def _row(axes: "Axes", account: Account, gains: Sequence[float], *, row: int, scale: float) -> None:
    from matplotlib.dates import date2num

    times = [float(date2num(step.at)) for step in account.walk.steps]
    width = 0.8 * (times[-1] - times[0]) / max(len(times) - 1, 1)
    axes.axhline(row, color="#dfe2e8", linewidth=0.8)
    colours = [COLOURS["challenger"] if gain > 0 else COLOURS["champion"] for gain in gains]
    heights = [scale * gain if isfinite(gain) else 0.0 for gain in gains]
    axes.bar(times, heights, width, bottom=row, color=colours, alpha=0.55, linewidth=0)
    done = [(step.at, bool(step.ruling and step.ruling.promotable)) for step in account.walk.steps if step.made]
    _marks(axes, [at for at, good in done if good], row, {"marker": "o", "color": INK})
    _marks(axes, [at for at, good in done if not good], row, {"marker": "o", "markerfacecolor": "white", "color": INK})
    broken = [step.at for step in account.walk.steps if step.check.diagnosis.action == "fix_the_data"]
    _marks(axes, broken, row, {"marker": "x", "color": ALARM})


def _marks(axes: "Axes", times: Sequence[datetime], row: int, look: dict[str, object]) -> None:
    axes.plot(times, [row] * len(times), linestyle="none", markersize=4.2, markeredgewidth=0.9, **look)  # type: ignore[arg-type]
