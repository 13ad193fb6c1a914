"""The picture of a confusion: which class each model gives to the rows of each actual class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement.canvas import SMALL, Words, describe, name_rows, shorten
from tasks.judgement.holdout import Holdout

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_NAMED_CLASSES = 8
_MOST_DRAWN_CLASSES = 40
"""More cells than that many classes make are one image and not a shape each."""
_UNNAMED = 0.2
_LETTERS = 42
"""For which there is room below a picture with names beside it."""
_DARKEST = 1.6
"""The share that would have the darkest colour: above 1, so that dark figures can be read on all of them."""


def confusion(figure: "Figure", held: Holdout, names: Sequence[str]) -> str:
    """Draw how each model spreads the rows of each actual class over the classes; the colours are the challenger's."""
    axes, count = figure.add_subplot(), len(names)
    *rival, own = (_confused(held.labels, predictions, count) for predictions in held.compared.values())
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
