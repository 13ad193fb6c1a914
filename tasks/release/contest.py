"""Challenger, champion and baseline on the same holdout rows, none of which the first two have seen."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.features import known_columns, make_matrix
from tasks.data.keys import Keys, row_keys
from tasks.data.labels import Labels, read_labels, recode
from tasks.data.matrix import FloatArray
from tasks.data.snapshot import Snapshot, load_snapshot
from tasks.data.splits import Mask, Splits
from tasks.data.window import microseconds
from tasks.judgement.freshness import unseen
from tasks.judgement.gate import Holdout
from tasks.learning import estimator
from tasks.release.artifact import Model, load_artifact
from tasks.release.challenger import Challenger, Recipe, split_masks
from tasks.release.registry import Version
from tasks.spec import ModelSpec

_DAY = 86_400_000_000
"""Microseconds."""


@dataclass(frozen=True)
class HoldoutRows:
    """The labelled rows that judge, after those that the champion has seen were taken out."""

    table: pa.Table
    labels: FloatArray
    seen_by_champion: int
    unlabelled: int


def contest(rows: Snapshot, splits: Splits, recipe: Recipe, rivals: tuple[Challenger, Version | None]) -> Holdout:
    """Return what challenger, champion and baseline predict for the holdout, ready to be judged."""
    challenger, champion = rivals
    model = load_artifact(challenger.artifact.uri, challenger.artifact.digest)
    held = _holdout_rows(rows, splits, recipe, model, champion)
    baseline = estimator.load("baseline", Path(challenger.baseline))
    source = recipe.spec.source
    return Holdout(
        task=recipe.spec.task,
        labels=held.labels,
        days=held.table.column(source.timestamp).cast(pa.int64()).to_numpy() // _DAY,
        challenger=model.predict(held.table),
        champion=_champion_predictions(champion, model, held.table),
        baseline=baseline.predict(make_matrix(held.table, model.features, model.contract)),
        slices={name: _words(held.table.column(name)) for name in recipe.spec.gate.slices},
        champion_version=str(champion.number) if champion else None,
        seen_rows_removed=held.seen_by_champion,
        unlabelled_rows=held.unlabelled,
        start=splits.holdout.start,
        end=splits.holdout.end,
    )


def seen_keys(version: Version, spec: ModelSpec, *, since: int) -> Keys:
    """Return the keys of all rows from ``since`` (microseconds, UTC) on that ``version`` was trained or chosen on.

    They are read from the snapshot that its lineage names, so the answer is right to the row.
    """
    lineage = version.lineage
    if microseconds(lineage.splits.validation.end) <= since:
        return np.empty(0, dtype=np.uint64)
    source = spec.source
    columns = [*source.key, source.timestamp, source.target, *([source.group] if source.group else [])]
    table = load_snapshot(lineage.rows, list(dict.fromkeys(columns)))
    masks = split_masks(table, read_labels(table.column(source.target), spec), lineage.splits, source)
    return row_keys(table.filter(pa.array(masks["train"] | masks["validation"])), source.key)


def _holdout_rows(
    rows: Snapshot, splits: Splits, recipe: Recipe, model: Model, champion: Version | None
) -> HoldoutRows:
    spec = recipe.spec
    source = spec.source
    wanted = [
        *known_columns(spec, recipe.contract),
        source.timestamp,
        source.target,
        *source.key,
        *spec.gate.slices,
    ]
    table = load_snapshot(rows, list(dict.fromkeys([*wanted, *([source.group] if source.group else [])])))
    labels = recode(read_labels(table.column(source.target), spec), model.target.classes)
    mask = split_masks(table, labels, splits, source)["holdout"]
    unlabelled = _unlabelled(table, labels, splits, spec)
    table, values = table.filter(pa.array(mask)), labels.values[mask]
    if champion is None:
        return HoldoutRows(table, values, 0, unlabelled)
    assert splits.holdout.start is not None
    fresh = unseen(
        row_keys(table, source.key), seen_keys(champion, spec, since=microseconds(splits.holdout.start))
    )
    return HoldoutRows(table.filter(pa.array(fresh)), values[fresh], int((~fresh).sum()), unlabelled)


def _unlabelled(table: pa.Table, labels: Labels, splits: Splits, spec: ModelSpec) -> int:
    times = table.column(spec.source.timestamp)
    inside = pc.and_(
        pc.greater_equal(times, pa.scalar(splits.holdout.start)),
        pc.less(times, pa.scalar(splits.holdout.end)),
    )
    held: Mask = np.asarray(inside.to_numpy(zero_copy_only=False), dtype=bool)
    return int((held & ~labels.known).sum())


def _champion_predictions(champion: Version | None, challenger: Model, table: pa.Table) -> FloatArray | None:
    """Score the champion again, on these very rows; a class that it does not know has probability 0."""
    if champion is None:
        return None
    model = load_artifact(champion.artifact.uri, champion.artifact.digest)
    predictions = model.predict(table)
    if model.target.classes == challenger.target.classes or predictions.ndim == 1:
        return predictions
    aligned = np.zeros((len(predictions), len(challenger.target.classes)))
    for position, value in enumerate(challenger.target.classes):
        if value in model.target.classes:
            aligned[:, position] = predictions[:, model.target.classes.index(value)]
    return aligned


def _words(column: pa.ChunkedArray) -> npt.NDArray[np.str_]:
    return np.asarray(column.cast(pa.string()).fill_null("(missing)").to_pylist(), dtype=np.str_)
