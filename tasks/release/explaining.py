"""How a challenger comes to its predictions: what it does with its first features, and why for single rows."""

from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.features import make_matrix
from tasks.data.rows import at
from tasks.judgement.canvas import to_svg
from tasks.judgement.dependence_drawings import HEIGHT, dependence
from tasks.judgement.explained import UNEXPLAINED, Explained
from tasks.judgement.holdout import Holdout
from tasks.release.arena import Arena
from tasks.release.artifact import Model
from tasks.release.dependence import Sight, dependences
from tasks.release.row_explanations import explain_rows

_FEATURES = 6
"""That have a picture, of those with the largest importance."""


def explain(arena: Arena, places: npt.NDArray[np.intp], held: Holdout) -> Explained:
    """Return what is shown of the challenger: nothing of one that reads no feature.

    ``places`` says where the rows of ``held`` stand among the labelled ones of its window. Nothing is decided by it,
    so an explanation that breaks says so on the page, and the training goes on.
    """
    try:
        return _explain(arena, at(arena.held(), places), held)
    except Exception as error:  # noqa: BLE001 - it ends on the page, in words
        return Explained(broken=f"{type(error).__name__}: {error}")


def _explain(arena: Arena, table: pa.Table, held: Holdout) -> Explained:
    if not arena.challenger.importance or not table.num_rows:
        return UNEXPLAINED
    spec, own = arena.recipe.spec, _sight(arena.model, table)
    rival = _sight(arena.champion, table) if arena.champion else None
    shown = dependences(own, rival, list(arena.challenger.importance)[:_FEATURES], seed=spec.seed)
    pictures = {
        name: to_svg(partial(dependence, shown=one), name, HEIGHT)
        for name, one in zip(map("dependence_{}".format, range(1, _FEATURES + 1)), shown, strict=False)
    }
    return Explained(pictures, explain_rows(own, table, held, spec))


def _sight(model: Model, table: pa.Table) -> Sight:
    return Sight(model, make_matrix(table, model.features, model.contract))
