"""Challenger, champion and baseline on the same holdout rows, none of which the first two have seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.contract import Column
from tasks.data.conversion import convert
from tasks.data.features import known_columns, make_matrix
from tasks.data.keys import Keys, row_keys
from tasks.data.labels import Labels, read_labels, recode
from tasks.data.matrix import FloatArray
from tasks.data.rows import at, where
from tasks.data.snapshot import Snapshot, load_snapshot
from tasks.data.splits import Mask, Part, Splits, within
from tasks.data.window import microseconds
from tasks.errors import ContractError, SpecError
from tasks.judgement.freshness import unseen
from tasks.judgement.holdout import Holdout
from tasks.judgement.partition import by_value
from tasks.judgement.wear import Uses
from tasks.learning import estimator
from tasks.release.artifact import Model, load_artifact
from tasks.release.challenger import Challenger, Recipe, split_masks
from tasks.release.searchable import searchable
from tasks.release.versions import Version
from tasks.release.wear import Attempt, count_uses, record_attempt
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Arena:
    """The rows of one training, and the models that are to meet on those that judge."""

    recipe: Recipe
    splits: Splits
    table: pa.Table
    """Every row of the snapshot, with the columns that the models read and those that say which row it is."""
    labels: Labels
    masks: Mapping[Part, Mask]
    challenger: Challenger
    model: Model
    version: Version | None
    champion: Model | None

    def held(self) -> pa.Table:
        """Return the labelled rows of the holdout window."""
        return where(self.table, self.masks["holdout"])


def enter(rows: Snapshot, splits: Splits, recipe: Recipe, rivals: tuple[Challenger, Version | None]) -> Arena:
    """Return challenger and champion, loaded, and the rows of ``rows``; raise when the two cannot be compared."""
    challenger, version = rivals
    model = load_artifact(challenger.artifact.uri, challenger.artifact.digest)
    champion = _load_champion(version, model, recipe) if version else None
    table = load_snapshot(rows, _columns(recipe, champion))
    labels = recode(read_labels(table.column(recipe.spec.source.target), recipe.spec), model.target.classes)
    masks = split_masks(table, labels, splits, recipe.spec.source)
    return Arena(recipe, splits, table, labels, masks, challenger, model, version, champion)


@dataclass(frozen=True)
class Chosen:
    """Which labelled rows of the holdout window may judge."""

    rows: npt.NDArray[np.intp]
    """Their places among the labelled rows of the window."""
    keys: Keys
    uses: Uses
    """How many other verdicts each has served for."""
    seen: int
    """Rows that may not, because the champion was trained or chosen on them,"""
    worn: int
    """or because they have judged as often as ``gate.max_uses`` allows."""


def choose(arena: Arena, *, judged: Path | None = None) -> Chosen:
    """Return the rows that neither champion nor challenger has seen, and that are not worn out.

    ``judged`` is the folder in which attempts are recorded: this one is added to it.
    """
    keys = row_keys(arena.held(), arena.recipe.spec.source.key)
    fresh = unseen(keys, _seen_by_champion(arena))
    uses = _uses(arena, keys[fresh], judged)
    usable = uses < (arena.recipe.spec.gate.max_uses or np.inf)
    rows = np.flatnonzero(fresh)[usable]
    return Chosen(rows, keys[rows], uses[usable], seen=int((~fresh).sum()), worn=int((~usable).sum()))


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
        features=searchable(matrix, arena.model.features) if spec.gate.search_slices and arena.champion else {},
        champion_version=str(arena.version.number) if arena.version else None,
        seen_rows_removed=chosen.seen,
        worn_rows_removed=chosen.worn,
        unlabelled_rows=_unlabelled(arena),
        uses=chosen.uses,
        start=arena.splits.holdout.start,
        end=arena.splits.holdout.end,
    )


def _seen_by_champion(arena: Arena) -> Keys:
    if arena.version is None:
        return np.empty(0, dtype=np.uint64)
    assert arena.splits.holdout.start is not None
    since = microseconds(arena.splits.holdout.start)
    return seen_keys(arena.version, arena.recipe.spec, since=since, like=arena.table.schema)


def _uses(arena: Arena, keys: Keys, judged: Path | None) -> Uses:
    if judged is None:
        return np.zeros(len(keys), dtype=np.int64)
    rival = arena.version.artifact.digest if arena.version else "baseline"
    attempt = Attempt(arena.challenger.artifact.digest, rival, arena.splits.holdout)
    uses = count_uses(judged, keys, attempt)
    record_attempt(judged, keys, attempt)
    return uses


def _twin(arena: Arena, table: pa.Table) -> FloatArray | None:
    twin = arena.challenger.twin
    return load_artifact(twin.uri, twin.digest).predict(table) if twin else None


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
    seen = where(table, masks["train"] | masks["validation"]).select(source.key)
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
        *spec.gate.fairness.columns,
        *recipe.contract.names("outcome"),
        *([source.label_time] if source.label_time else []),
        *([source.group] if source.group else []),
    ]
    return list(dict.fromkeys([*read, *told]))


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
