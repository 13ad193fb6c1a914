"""Train on saved rows, and write the best of the candidates down as an artifact."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from tasks.data.code import Source
from tasks.data.contract import Contract
from tasks.data.labels import read_labels
from tasks.data.snapshot import Snapshot, load_snapshot
from tasks.data.splits import Part, Splits, require_classes, require_rows
from tasks.data.window import Window
from tasks.learning.checkpoints import Checkpoints
from tasks.learning.result import CandidateResult
from tasks.learning.studies import Shelf
from tasks.learning.training import Given, Trained, train, twin
from tasks.learning.tuning import Study
from tasks.learning.windows import LeftOut
from tasks.release.artifact import Artifact, Model, write_artifact
from tasks.release.label_quality import LabelQuality, examine
from tasks.release.lineage import environment_digest
from tasks.release.material import Material, split_columns, split_masks
from tasks.release.versions import Version
from tasks.release.warming import seen_by, start_from
from tasks.spec import ModelSpec

SAMPLE_ROWS = 200
_LEARNED: tuple[Part, Part] = ("train", "validation")


@dataclass(frozen=True)
class Recipe:
    """What a model is made by."""

    spec: ModelSpec
    contract: Contract
    threads: int
    checkpoints: Checkpoints | None = None
    """Where fits that take long keep how far they have come; None: nowhere."""
    studies: Path | None = None
    """Folder of the searches for better parameters; None: they are not kept."""
    price_per_hour: float | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The files of the user's own estimators, by module."""


@dataclass(frozen=True)
class SplitCounts:
    """Labelled rows in each part, and rows that had no label by ``as_of``."""

    train: int
    validation: int
    holdout: int
    unlabelled: int


@dataclass(frozen=True)
class Challenger:
    """The best candidate of one training, by reference."""

    artifact: Artifact
    baseline: str
    """Folder of the naive baseline's own files."""
    kind: str
    classes: tuple[str | int | bool, ...]
    """Of the target, in the order of their codes; none for a regression."""
    candidates: tuple[CandidateResult, ...]
    importance: dict[str, float]
    window: str = "all"
    """Which part of train the chosen one learned from, as the spec says it;"""
    learned: Window | None = None
    """and from when to when; None: all of train."""
    refitted: bool = False
    """It was fitted on validation too, once that had chosen."""
    parent: int | None = None
    """The version whose trees it begins from; None: it was trained afresh."""
    continued: Window | None = None
    """A stretch of time with every row that its parent, and what that began from, has learned from."""
    left_out: tuple[LeftOut, ...] = ()
    """Windows and candidates that could not be tried, and why."""
    study: Study | None = None
    """The search for better parameters, if the spec asks for one."""
    labels: LabelQuality | None = None
    """What the labels of train are worth; None: the spec does not ask."""
    twin: Artifact | None = None
    """The chosen kind fitted once more with the next seed, when the gate asks how stable it is."""


def checkpoints_of(home: Path) -> Path:
    """Return where checkpoints lie of a model whose folder is ``home``: it has one training at a time."""
    return home / "checkpoints"


def count_splits(rows: Snapshot, splits: Splits, spec: ModelSpec) -> SplitCounts:
    """Return how many labelled rows each part has; raise NotEnoughData when one cannot do its work."""
    table = load_snapshot(rows, split_columns(spec.source))
    labels = read_labels(table.column(spec.source.target), spec)
    masks = split_masks(table, labels, splits, spec)
    if spec.task != "anomaly":  # others may learn from rows without a label, beside enough of those with one
        masks = {part: mask & labels.known for part, mask in masks.items()}
    require_rows(masks, splits, spec)
    require_classes(labels.values, masks, spec)
    counts = {part: int(mask.sum()) for part, mask in masks.items()}
    return SplitCounts(**counts, unlabelled=int((~labels.known).sum()))


def make_challenger(
    rows: Snapshot, splits: Splits, recipe: Recipe, folder: Path, champion: Version | None = None
) -> Challenger:
    """Train every candidate, and write the one that validation chose, and the baseline, into ``folder``.

    ``champion`` is what candidates with ``warm_start`` begin from. A fit that was killed goes on from its last
    checkpoint; once all are fitted there are none left.
    """
    spec, material = recipe.spec, Material.read(rows, splits, recipe.spec, recipe.contract)
    fitted = material.fit_features()
    start = start_from(champion, material, fitted)
    train_on, choose_on = (material.part(part, fitted) for part in _LEARNED)
    examined = examine(material, train_on, recipe.threads)
    given = Given(
        checkpoints=recipe.checkpoints,
        shelf=_shelf(rows, splits, recipe),
        warmth=start.warmth and replace(start.warmth, train=examined.treat(start.warmth.train)),
        sources=recipe.sources,
        unlabelled=material.unlabelled(fitted),
    )
    target, threads = material.labels.target, recipe.threads
    trained = train(spec, examined.treat(train_on), choose_on, target=target, threads=threads, given=given)
    # What begins from the champion reads what the champion's features make.
    features = start.champion.features if trained.warm and start.champion else fitted
    model = Model(spec.model, spec.task, target, recipe.contract, features, trained.chosen)
    written = _write(model, trained, material.sample(SAMPLE_ROWS), recipe, folder)
    if recipe.checkpoints:
        recipe.checkpoints.remove()
    return Challenger(
        artifact=written.artifact,
        baseline=str(folder / "baseline"),
        kind=trained.choice.kind,
        classes=model.target.classes,
        candidates=trained.candidates,
        importance=trained.chosen.importance(),
        window=str(trained.entry.choice.window),
        learned=trained.entry.choice.window.within(splits.train),
        refitted=trained.refitted,
        parent=start.version.number if trained.warm and start.version else None,
        continued=seen_by(start.version.lineage) if trained.warm and start.version else None,
        left_out=(*trained.left_out, *start.against),
        study=trained.study,
        labels=examined.quality,
        twin=written.twin,
    )


@dataclass(frozen=True)
class _Written:
    artifact: Artifact
    twin: Artifact | None


def _write(model: Model, trained: Trained, sample: pa.Table, recipe: Recipe, folder: Path) -> _Written:
    """Write the baseline, the model, and, where the gate asks how stable it is, its twin of another seed."""
    trained.baseline.save(_made(folder / "baseline"))
    other = None
    if recipe.spec.gate.max_seed_difference is not None:
        another = replace(model, estimator=twin(trained, recipe.spec.seed + 1))
        other = write_artifact(another, sample, folder / "twin", recipe.sources)
    return _Written(write_artifact(model, sample, folder / "artifact", recipe.sources), other)


def _shelf(rows: Snapshot, splits: Splits, recipe: Recipe) -> Shelf:
    """Return where studies lie; those of the same rows, split, spec and versions are one."""
    parts = [rows.digest, recipe.spec.digest, recipe.contract.version, environment_digest()]
    parts += [str(splits[part]) for part in _LEARNED]
    parts += [source.version for _, source in sorted(recipe.sources.items())]
    subject = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return Shelf(recipe.studies, subject, recipe.price_per_hour)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
