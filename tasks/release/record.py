"""What is kept of a training for people: the verdict, the pictures, and the predictions that were judged."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data import store
from tasks.data.matrix import FloatArray
from tasks.data.splits import Part
from tasks.data.window import write_time
from tasks.judgement import report
from tasks.judgement.explained import UNEXPLAINED, Explained
from tasks.judgement.holdout import Holdout
from tasks.judgement.page import About, page
from tasks.judgement.pictures import draw_pictures, save_pictures
from tasks.judgement.sections import Labels
from tasks.judgement.verdict import Verdict
from tasks.release import candidates
from tasks.release.artifact import carried_sources
from tasks.release.candidates import by_name
from tasks.release.challenger import Challenger
from tasks.release.evidence import REPORT, SPEC, VERDICT, collect
from tasks.release.ledger.version_records import Evidence, Places
from tasks.release.lineage import Lineage, surroundings
from tasks.release.study_pictures import draw_study
from tasks.release.versions import Training
from tasks.spec import ModelSpec

LINEAGE, ENVIRONMENT = "lineage.json", "environment.json"
HOLDOUT_PREDICTIONS = "holdout_predictions.parquet"
CANDIDATES, STUDY, LABELS = "candidates.json", "tuning.json", "labels.json"
Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Written:
    """A verdict, and the folder of what a person may want to see of it."""

    verdict: Verdict
    files: str


@dataclass(frozen=True)
class Subject:
    """The challenger that a record is about, and what made it."""

    spec: ModelSpec
    challenger: Challenger
    lineage: Lineage


def write(
    folder: Path, verdict: Verdict, held: Holdout, subject: Subject, explained: Explained = UNEXPLAINED
) -> Written:
    """Write the record of one training into ``folder``, and keep it; of a challenger that is refused the model, too."""
    folder.mkdir(parents=True, exist_ok=True)
    about = _about(subject, explained)
    pictures = draw_pictures(held, verdict, about.importance, about.classes)
    save_pictures(folder, {**pictures, **explained.pictures})
    write_facts(folder, verdict, held, subject.lineage)
    (folder / "verdict.md").write_text(report.markdown(verdict), encoding="utf-8")
    (folder / REPORT).write_text(page(verdict, held, about, pictures=pictures), encoding="utf-8")
    (folder / CANDIDATES).write_text(candidates.to_json(subject.challenger.candidates), encoding="utf-8")
    if labels := subject.challenger.labels:
        (folder / LABELS).write_text(labels.to_json(), encoding="utf-8")
    if study := subject.challenger.study:
        (folder / STUDY).write_text(candidates.study_to_json(study), encoding="utf-8")
        save_pictures(folder, about.searched)
    around = surroundings(carried_sources(subject.challenger.artifact.uri).values())
    (folder / ENVIRONMENT).write_text(json.dumps(around, indent=1), encoding="utf-8")
    (folder / SPEC).write_text(subject.spec.model_dump_json(indent=1), encoding="utf-8")
    if not verdict.promotable:  # the others are kept by the registry
        store.keep(Path(subject.challenger.artifact.uri))
    return Written(verdict, store.keep(folder))


def write_facts(folder: Path, verdict: Verdict, held: Holdout, lineage: Lineage) -> None:
    """Write into ``folder`` what later decisions read: the verdict, what it was about, and what was predicted."""
    (folder / VERDICT).write_text(json.dumps(verdict.to_json(), indent=1), encoding="utf-8")
    (folder / LINEAGE).write_text(lineage.to_json(), encoding="utf-8")
    pq.write_table(_predictions(held), folder / HOLDOUT_PREDICTIONS)


def evidence_of(subject: Subject, written: Written, artifact: str) -> tuple[Places, Evidence]:
    """Return where the evidence of a verdict lies, and its digests; ``artifact`` is the folder that is to be used."""
    rows = subject.lineage.rows
    where = Places(rows=rows.uri, artifact=artifact, files=written.files)
    return where, collect(where, snapshot=rows.digest, artifact=subject.challenger.artifact.digest)


def _about(subject: Subject, explained: Explained) -> About:
    challenger = subject.challenger
    return About(
        model=subject.spec.model,
        importance=challenger.importance,
        classes=tuple(str(name) for name in challenger.classes),
        provenance=tuple(_provenance(challenger, subject.lineage)),
        candidates=candidates.table(challenger.candidates, challenger.left_out, subject.spec.gate.metric),
        searched=draw_study(challenger.study) if challenger.study else {},
        explained=explained,
        labels=Labels(quality.text, quality.table) if (quality := challenger.labels) else None,
    )


def _provenance(challenger: Challenger, lineage: Lineage) -> Iterator[tuple[str, str]]:
    yield "As of", write_time(lineage.as_of)
    yield "Reason", lineage.reason
    yield "Kind", challenger.kind
    yield "Trained on", challenger.window + (", then on validation too" if lineage.refit else "")
    if lineage.dropped:
        yield "Left out of train for their labels", f"{lineage.dropped:,} rows"
    if lineage.parent is not None:
        yield "Begun from", f"version {lineage.parent}"
    yield "Model, by digest", challenger.artifact.digest
    yield "Rows, by digest", f"{lineage.rows.digest} ({lineage.rows.rows:,} rows)"
    yield "Rows as they came, by digest", f"{lineage.raw.digest} ({lineage.raw.rows:,} rows)"
    yield "In quarantine", f"{lineage.quarantined.rows:,} rows"
    for part in get_args(Part):
        yield part.capitalize(), str(lineage.splits[part])
    yield "Spec, by digest", lineage.spec
    yield "Contract, by digest", lineage.contract
    yield "Code", lineage.code
    yield "Environment, by digest", lineage.environment
    yield "Seed", str(lineage.seed)
    if lineage.flow_run:
        yield "Prefect run", lineage.flow_run


def describe(subject: Subject, written: Written, *, cost: Mapping[str, float]) -> Training:
    """Return the training as the registry is to record it; ``cost`` is what it took so far."""
    spec, challenger, lineage = subject.spec, subject.challenger, subject.lineage
    verdict = written.verdict
    return Training(
        model=spec.model,
        name=f"{spec.model} as of {write_time(lineage.as_of)}",
        artifact=challenger.artifact,
        lineage=lineage,
        outcome=verdict.outcome,
        promotable=verdict.promotable,
        summary=verdict.reasons[0],
        metrics={**_metrics(challenger, verdict, spec.gate.metric), **cost},
        params=_params(spec, challenger),
        files=written.files,
    )


def _metrics(challenger: Challenger, verdict: Verdict, metric: str) -> dict[str, float]:
    """Return the numbers of a run by name; one that could not be computed is left out."""
    found = {f"holdout.{name}": value for name, value in verdict.challenger_metrics.items()}
    found |= {f"validation.{metric}.{name}": value for name, value in by_name(challenger.candidates).items()}
    if study := challenger.study:
        found |= {"tuning.trials": len(study.trials), "tuning.seconds": sum(trial.seconds for trial in study.trials)}
    if labels := challenger.labels:
        found |= {"labels.suspect_share": labels.suspects / max(labels.rows, 1), "labels.wrong_at_most": labels.at_most}
    if verdict.comparison:
        found |= {"gain": verdict.comparison.difference, "gain.low": verdict.comparison.low}
    return {name.replace("@", "-"): value for name, value in found.items() if isfinite(value)}  # MLflow takes no "@"


def _params(spec: ModelSpec, challenger: Challenger) -> dict[str, str]:
    """Return what was chosen, by the person and by validation: the spec's own keys, flattened."""
    flat = {"kind": challenger.kind, "trained_on": challenger.window}
    for section, content in spec.model_dump(mode="json", exclude={"model", "description"}).items():
        keys = content.items() if isinstance(content, dict) else [("", content)]
        flat |= {f"{section}.{key}".rstrip("."): str(value) for key, value in keys}
    if challenger.parent is not None:
        flat["begun_from"] = str(challenger.parent)
    chosen = next((one for one in challenger.candidates if one.chosen), None)
    if chosen and chosen.tuned:
        flat |= {f"tuned.{name}": str(value) for name, value in chosen.tuned.items()}
    return flat


def _predictions(held: Holdout) -> pa.Table:
    columns: Arrays = {"time": held.times, "label": held.labels}
    if held.keys is not None:
        columns["key"] = held.keys
    for who, predictions in (
        ("challenger", held.challenger),
        ("champion", held.champion),
        ("baseline", held.baseline),
    ):
        if predictions is not None:
            columns |= _columns(who, predictions)
    return pa.table(columns)


def _columns(who: str, predictions: FloatArray) -> Arrays:
    if predictions.ndim == 1:
        return {who: predictions}
    return {f"{who}_{code}": predictions[:, code] for code in range(predictions.shape[1])}
