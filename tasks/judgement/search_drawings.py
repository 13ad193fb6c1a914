"""Pictures of a search for better parameters: each draws on an empty figure and returns its title."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tasks.judgement.canvas import COLOURS, DASHED, MUTED, Words, describe, name_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def history(figure: "Figure", *, losses: Sequence[float], complete: Sequence[bool]) -> str:
    """Draw the loss of each trial, and the lowest so far."""
    from matplotlib.ticker import MaxNLocator

    axes = figure.add_subplot()
    done = [(number, loss) for number, (loss, whole) in enumerate(zip(losses, complete, strict=True)) if whole]
    pruned = [(number, loss) for number, (loss, whole) in enumerate(zip(losses, complete, strict=True)) if not whole]
    if pruned:
        axes.plot(*zip(*pruned, strict=True), "x", color=MUTED, markersize=4, label="stopped early")
    axes.plot(*zip(*done, strict=True), "o", color=COLOURS["challenger"], markersize=4, label="trial")
    best = [min(loss for at, loss in done if at <= number) for number in range(len(losses))]
    axes.step(range(len(losses)), best, where="post", color=COLOURS["champion"], linewidth=1.4, label="lowest so far")
    axes.axhline(losses[0], **DASHED)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(top=max(loss for _, loss in done) + 0.05 * (max(losses) - min(losses) or 1))
    gain = 100 * (1 - best[-1] / losses[0])
    title = f"The search lowered the loss on validation by {gain:.1f} %" if gain > 0 else "The search gained nothing"
    return describe(
        axes, Words(f"{title}, in {len(losses) - 1} trials", "trial; the dashed line is the spec's own", "loss")
    )


def parameter_importance(figure: "Figure", *, importance: Mapping[str, float]) -> str:
    """Draw how far the order of the trials by loss follows each parameter."""
    axes = figure.add_subplot()
    names = list(importance)[::-1]
    axes.barh(range(len(names)), [importance[name] for name in names], color=COLOURS["challenger"], height=0.6)
    axes.set_xlim(0, 1)
    left = name_rows(axes, names)
    first = next(iter(importance))
    words = "how far the trials' order by loss follows their order by the parameter (Spearman)"
    return describe(axes, Words(f"What mattered most was {first}", words, left=left))
