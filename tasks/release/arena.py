"""Where challenger and champion meet: the two, loaded, and the rows of one training."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from tasks.data.known import known_columns
from tasks.data.labels import Labels, read_labels, recode
from tasks.data.rows import where
from tasks.data.snapshot import Snapshot, load_snapshot
from tasks.data.splits import Mask, Part, Splits
from tasks.errors import ContractError, SpecError
from tasks.release.artifact import Model, load_artifact
from tasks.release.challenger import Challenger, Recipe
from tasks.release.material import split_masks
from tasks.release.versions import Version

_ONE_CLASS = ("binary", "anomaly")


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
    masks = split_masks(table, labels, splits, recipe.spec)
    return Arena(recipe, splits, table, labels, masks, challenger, model, version, champion)


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
    return model.task, model.target.name, model.target.classes[1] if model.task in _ONE_CLASS else None


def _in_words(model: Model) -> str:
    if model.task in _ONE_CLASS:
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
