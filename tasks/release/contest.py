"""Challenger, champion and baseline on the same holdout rows, none of which the first two have seen."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from tasks.data.features import make_matrix
from tasks.data.matrix import FloatArray
from tasks.data.rows import at
from tasks.data.splits import within
from tasks.judgement.holdout import Holdout
from tasks.judgement.partition import by_value
from tasks.learning import estimator
from tasks.release.arena import Arena
from tasks.release.artifact import Model, load_artifact
from tasks.release.choosing import Chosen
from tasks.release.searchable import searchable


def contest(arena: Arena, chosen: Chosen) -> Holdout:
    """Return what challenger, champion and baseline predict for the rows that judge."""
    spec, table = arena.recipe.spec, at(arena.held(), chosen.rows)
    matrix = make_matrix(table, arena.model.features, arena.model.contract)
    return Holdout(
        task=spec.task,
        labels=arena.labels.values[arena.masks["holdout"]][chosen.rows],
        times=table.column(spec.source.timestamp).cast(pa.int64()).to_numpy(),
        keys=chosen.keys,
        challenger=arena.model.estimator.predict(matrix),
        champion=_predict_as(arena.model, arena.champion, table) if arena.champion else None,
        baseline=estimator.load("baseline", Path(arena.challenger.baseline)).predict(matrix),
        twin=_twin(arena, table),
        slices={name: by_value(table.column(name)) for name in spec.gate.slices},
        sensitive={name: by_value(table.column(name)) for name in spec.gate.fairness.columns},
        features=searchable(matrix, arena.model.features) if _searched(arena) else {},
        champion_version=str(arena.version.number) if arena.version else None,
        seen_rows_removed=chosen.seen,
        worn_rows_removed=chosen.worn,
        unlabelled_rows=_unlabelled(arena),
        uses=chosen.uses,
        start=arena.splits.holdout.start,
        end=arena.splits.holdout.end,
    )


def _searched(arena: Arena) -> bool:
    """Say whether slices are searched for: that goes by what rows lose, and a score of an anomaly loses nothing."""
    spec = arena.recipe.spec
    return bool(spec.gate.search_slices and arena.champion) and spec.task != "anomaly"


def _twin(arena: Arena, table: pa.Table) -> FloatArray | None:
    twin = arena.challenger.twin
    return load_artifact(twin.uri, twin.digest).predict(table) if twin else None


def _unlabelled(arena: Arena) -> int:
    times = arena.table.column(arena.recipe.spec.source.timestamp).cast(pa.int64()).to_numpy()
    return int((within(times, arena.splits.holdout) & ~arena.labels.known).sum())


def _predict_as(challenger: Model, champion: Model, table: pa.Table) -> FloatArray:
    """Score the champion again, on these very rows, in the challenger's classes: one it does not know has 0."""
    predictions = champion.predict(table)
    if champion.target.classes == challenger.target.classes or predictions.ndim == 1:
        return predictions
    aligned = np.zeros((len(predictions), challenger.target.codes))
    for position, value in enumerate(challenger.target.classes):
        if value in champion.target.classes:
            aligned[:, position] = predictions[:, champion.target.classes.index(value)]
    return aligned
