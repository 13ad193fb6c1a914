"""What is kept of a training for people: the verdict, the pictures, and the predictions that were judged."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.judgement import report
from tasks.judgement.gate import Holdout
from tasks.judgement.pictures import save_pictures
from tasks.judgement.verdict import Verdict
from tasks.release.challenger import Challenger


def write(folder: Path, verdict: Verdict, held: Holdout, challenger: Challenger) -> Path:
    """Write the record of one training into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "verdict.json").write_text(json.dumps(verdict.to_json(), indent=1), encoding="utf-8")
    (folder / "verdict.md").write_text(report.markdown(verdict), encoding="utf-8")
    pq.write_table(_predictions(held), folder / "holdout_predictions.parquet")
    save_pictures(folder, held, challenger.importance)
    return folder


def describe(spec: ModelSpec, challenger: Challenger, verdict: Verdict, lineage: Lineage) -> Training:
    """Return the training as the registry is to record it."""
    return Training(
        model=spec.model,
        name=f"{spec.model} {write_time(lineage.as_of)}",
        artifact=challenger.artifact,
        lineage=lineage,
        outcome=verdict.outcome,
        promotable=verdict.promotable,
        summary=verdict.reasons[0],
        metrics=_metrics(challenger, verdict, spec.gate.metric),
        params=_params(spec, challenger),
        files="",
    )


def _metrics(challenger: Challenger, verdict: Verdict, metric: str) -> dict[str, float]:
    chosen_on = {f"validation_{c.kind}_{metric}": c.value for c in challenger.candidates}
    return {**{f"holdout_{name}": value for name, value in verdict.challenger_metrics.items()}, **chosen_on}


def _params(spec: ModelSpec, challenger: Challenger) -> dict[str, str]:
    flat = {"kind": challenger.kind, "seed": str(spec.seed), "train_window": str(spec.window.train)}
    return flat


def _predictions(held: Holdout) -> pa.Table:
    columns = {"day": held.days, "label": held.labels}
    for who, predictions in (("challenger", held.challenger), ("champion", held.champion), ("baseline", held.baseline)):
        if predictions is not None:
            columns |= _columns(who, predictions)
    return pa.table(columns)


def _columns(who: str, predictions: np.ndarray) -> dict[str, np.ndarray]:
    if predictions.ndim == 1:
        return {who: predictions}
    return {f"{who}_{code}": predictions[:, code] for code in range(predictions.shape[1])}
