"""Pictures of a judgement: one PNG for each question that a person asks of a challenger."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tasks.judgement import drawings
from tasks.judgement.gate import Holdout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]

_INCHES, _DPI = (7.3, 4.6), 110
_STYLE = {
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
}


def save_pictures(
    folder: Path,
    held: Holdout,
    importance: Mapping[str, float],
    *,
    classes: Sequence[str | int | bool] = (),
) -> tuple[Path, ...]:
    """Save the pictures that suit the task into ``folder`` and return their files.

    ``importance`` is each feature's share, ``classes`` the names of a multiclass target's codes. What cannot
    be drawn, such as a ROC curve of rows of one class, is left out.
    """
    import matplotlib as mpl

    chosen = _of_holdout(held, classes) if len(np.unique(held.labels)) > 1 else {}
    if importance:
        chosen["importance"] = partial(drawings.importance, importance=importance)
    with mpl.rc_context(_STYLE):
        return tuple(_save(folder / f"{name}.png", draw) for name, draw in chosen.items())


def _of_holdout(held: Holdout, classes: Sequence[str | int | bool]) -> dict[str, Draw]:
    """Return the pictures of the task, by the names of their files."""
    chosen: dict[str, Draw] = {"by_day": partial(drawings.by_day, held=held)}
    match held.task:
        case "binary":
            chosen["roc"] = partial(drawings.roc, held=held)
            chosen["precision_recall"] = partial(drawings.precision_recall, held=held)
            chosen["calibration"] = partial(drawings.calibration, held=held)
        case "multiclass":
            names = [str(name) for name in classes or range(held.challenger.shape[1])]
            chosen["confusion"] = partial(drawings.confusion, held=held, names=names)
            chosen["calibration"] = partial(drawings.calibration, held=held)
        case "regression":
            chosen["predictions"] = partial(drawings.actual_over_predicted, held=held)
            chosen["residuals"] = partial(drawings.residuals, held=held)
    return chosen


def _save(path: Path, draw: Draw) -> Path:
    # Figure without pyplot: no window system is looked for, and no figure outlives its picture.
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DPI)
    draw(figure.add_axes((0.1, 0.13, 0.86, 0.75)))
    figure.savefig(path, metadata={"Software": None})
    return path
