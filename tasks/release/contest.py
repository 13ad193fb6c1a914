"""Challenger, champion and baseline on the same holdout rows, none of which the first two have seen."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Column
from tasks.data.conversion import convert
from tasks.data.features import known_columns, make_matrix
from tasks.data.keys import Keys, row_keys
from tasks.data.labels import Labels, read_labels, recode
from tasks.data.matrix import FloatArray
from tasks.data.snapshot import Snapshot, load_snapshot
from tasks.data.splits import Mask, Splits
from tasks.data.window import microseconds
from tasks.errors import ContractError, SpecError
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
    challenger, version = rivals
    model = load_artifact(challenger.artifact.uri, challenger.artifact.digest)
    champion = _load_champion(version, model, recipe) if version else None
    held = _holdout_rows(load_snapshot(rows, _columns(recipe, champion)), splits, recipe, (model, version))
    baseline = estimator.load("baseline", Path(challenger.baseline))
    return Holdout(
        task=recipe.spec.task,
        labels=held.labels,
        days=held.table.column(recipe.spec.source.timestamp).cast(pa.int64()).to_numpy() // _DAY,
        challenger=model.predict(held.table),
        champion=_predict_as(model, champion, held.table) if champion else None,
        baseline=baseline.predict(make_matrix(held.table, model.features, model.contract)),
        slices={name: _words(held.table.column(name)) for name in recipe.spec.gate.slices},
        champion_version=str(version.number) if version else None,
        seen_rows_removed=held.seen_by_champion,
        unlabelled_rows=held.unlabelled,
        start=splits.holdout.start,
        end=splits.holdout.end,
    )


def seen_keys(version: Version, spec: ModelSpec, *, since: int, like: pa.Schema | None = None) -> Keys:
    """Return the keys of all rows from ``since`` (microseconds, UTC) on that ``version`` was trained or chosen on.

    ``like`` gives the types of today's key columns, if they may have changed. The keys are read from the snapshot
    that the version's lineage names, so the answer is right to the row.
    """
    lineage = version.lineage
    if microseconds(lineage.splits.validation.end) <= since:
        return np.empty(0, dtype=np.uint64)
    source = spec.source
    columns = [*source.key, source.timestamp, source.target, *([source.group] if source.group else [])]
    table = load_snapshot(lineage.rows, list(dict.fromkeys(columns)))
    masks = split_masks(table, read_labels(table.column(source.target), spec), lineage.splits, source)
    seen = table.filter(pa.array(masks["train"] | masks["validation"])).select(source.key)
    return row_keys(_in_types_of(like, seen) if like else seen, source.key)


def _in_types_of(like: pa.Schema, table: pa.Table) -> pa.Table:
    """Return ``table`` in today's types: a key that was a number and is text now is still the same key."""
    wanted = [Column(name, like.field(name).type, True, "identifier") for name in table.column_names]
    return pa.table({column.name: convert(table.column(column.name), column).values for column in wanted})


def _load_champion(version: Version, challenger: Model, recipe: Recipe) -> Model:
    """Return the champion, or raise the error that says why it cannot be scored beside the challenger."""
    champion = load_artifact(version.artifact.uri, version.artifact.digest)
    if _question(champion) != _question(challenger):
        was, now = _in_words(champion), _in_words(challenger)
        raise SpecError(
            f"deployments/{recipe.spec.model}.toml: the champion, version {version.number}, predicts {was}, and "
            f"this spec {now}: they cannot be compared. Another question is another model: give it another name"
        )
    if gone := sorted(set(champion.features.reads) - set(known_columns(recipe.spec, recipe.contract))):
        raise ContractError(
            f"the champion, version {version.number}, reads {', '.join(gone)}: no longer among the columns of "
            f"{recipe.contract.file} that are known at prediction time. It cannot be scored beside the "
            "challenger; keep the columns until a version without them is champion, or take its alias from that one"
        )
    return champion


def _question(model: Model) -> tuple[object, ...]:
    """Return what a model predicts: two that differ in it cannot be compared. (True and 1 are one class.)"""
    return model.task, model.target.name, model.target.classes[1] if model.task == "binary" else None


def _in_words(model: Model) -> str:
    if model.task == "binary":
        return f"whether {model.target.name} is {model.target.classes[1]!r}"
    return f"{model.target.name} ({model.task})"


def _columns(recipe: Recipe, champion: Model | None) -> list[str]:
    """Return the columns that the models read, and those that say which rows judge, by what and in which slice."""
    spec, source = recipe.spec, recipe.spec.source
    read = [*known_columns(spec, recipe.contract), *(champion.features.reads if champion else ())]
    told = [
        source.timestamp,
        source.target,
        *source.key,
        *spec.gate.slices,
        *([source.group] if source.group else []),
    ]
    return list(dict.fromkeys([*read, *told]))


def _holdout_rows(table: pa.Table, splits: Splits, recipe: Recipe, rivals: tuple[Model, Version | None]) -> HoldoutRows:
    spec, source = recipe.spec, recipe.spec.source
    model, champion = rivals
    labels = recode(read_labels(table.column(source.target), spec), model.target.classes)
    mask = split_masks(table, labels, splits, source)["holdout"]
    unlabelled = _unlabelled(table, labels, splits, spec)
    table, values = table.filter(pa.array(mask)), labels.values[mask]
    if champion is None:
        return HoldoutRows(table, values, 0, unlabelled)
    assert splits.holdout.start is not None
    seen = seen_keys(champion, spec, since=microseconds(splits.holdout.start), like=table.schema)
    fresh = unseen(row_keys(table, source.key), seen)
    return HoldoutRows(table.filter(pa.array(fresh)), values[fresh], int((~fresh).sum()), unlabelled)


def _unlabelled(table: pa.Table, labels: Labels, splits: Splits, spec: ModelSpec) -> int:
    times = table.column(spec.source.timestamp)
    inside = pc.and_(
        pc.greater_equal(times, pa.scalar(splits.holdout.start)),
        pc.less(times, pa.scalar(splits.holdout.end)),
    )
    held: Mask = np.asarray(inside.to_numpy(zero_copy_only=False), dtype=bool)
    return int((held & ~labels.known).sum())


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


def _words(column: pa.ChunkedArray) -> npt.NDArray[np.str_]:
    return np.asarray(column.cast(pa.string()).fill_null("(missing)").to_pylist(), dtype=np.str_)
