"""Rows in LightGBM's own form, made once for all candidates that read them."""

from threading import Lock
from typing import TYPE_CHECKING, Any

from tasks.data.matrix import Labelled
from tasks.learning.gbm.model import Trees

if TYPE_CHECKING:
    import lightgbm as lgb

_MAKING = Lock()
"""Candidates are fitted side by side, and share what is made of their rows."""


def dataset(rows: Labelled, parameters: dict[str, Any]) -> "lgb.Dataset":
    """Return LightGBM's form of ``rows``; that of the rows they are a part of is made once, for every candidate.

    A window so has the bins of the longest one: they are of features alone, and of rows before validation.
    """
    whole = rows.origin.whole if rows.origin else rows
    with _MAKING:
        made: lgb.Dataset = whole.prepared.get(Trees.kind) or binned(whole, parameters)
        whole.prepared[Trees.kind] = made
    if rows.origin is None:
        return made
    part = made.subset(rows.origin.places, params=parameters).construct()
    if rows.weights is not None:
        part.set_weight(rows.weights)
    return part


def binned(rows: Labelled, parameters: dict[str, Any], *, keep: bool = False) -> "lgb.Dataset":
    """Return LightGBM's form of ``rows``; it can ``keep`` them as they are, for the champion to read."""
    import lightgbm as lgb

    categories = [position for position, levels in enumerate(rows.matrix.levels) if levels]
    made = lgb.Dataset(
        rows.matrix.values,
        rows.labels,
        weight=rows.weights,
        categorical_feature=categories,
        params=parameters,
        free_raw_data=not keep,
    )
    return made if keep else made.construct()
