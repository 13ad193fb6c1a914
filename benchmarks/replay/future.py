"""What became of a challenger, whether or not it was promoted: it and its rival on the weeks that followed."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from tasks.data.atomic import write_whole
from tasks.data.keys import row_keys
from tasks.data.matrix import FloatArray
from tasks.data.snapshot import load_snapshot
from tasks.data.window import Window, microseconds_of
from tasks.judgement.comparison import Comparison
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.metrics import Metric
from tasks.monitoring.predictions.log import event_times
from tasks.plain import read, write
from tasks.release.artifact import load_artifact
from tasks.replay.scene import Scene
from tasks.replay.shared import eligible_rows, final_labels
from tasks.replay.trainings import Made

STEPS = 4
"""Looked at after each verdict."""
_ALPHA = 0.05


@dataclass(frozen=True)
class _Rows:
    labels: FloatArray
    own: FloatArray
    rival: FloatArray
    days: np.typing.NDArray[np.int64]


def gain_after(scene: Scene, made: Made, rival: Made, metric: Metric, last: datetime) -> Comparison | None:
    """Return by how much the challenger was better in the ``STEPS`` steps after it was made; None: no rows."""
    path = scene.folder / "future" / f"{made.digest[:24]}-{rival.digest[:24]}-{made.as_of:%Y%m%d}-{metric.name}.json"
    if not path.is_file():
        ends = [made.as_of + (number + 1) * scene.step for number in range(STEPS)]
        parts = [_rows(scene, made, rival, end) for end in ends if end <= last]
        rows = [part for part in parts if len(part.labels)]
        found = _compare(rows, metric) if rows else None
        write_whole(path, lambda file: file.write(json.dumps(write(found)).encode()))
    kept = json.loads(path.read_text(encoding="utf-8"))
    return read(Comparison, kept) if kept else None


def _compare(rows: list[_Rows], metric: Metric) -> Comparison:
    parts = (np.concatenate([getattr(one, name) for one in rows]) for name in ("labels", "own", "rival", "days"))
    return compare(Pair(*parts), PairedTest(metric, _ALPHA, 500, 0))


def _rows(scene: Scene, made: Made, rival: Made, end: datetime) -> _Rows:
    assert made.challenger is not None
    window, source = Window(end - scene.step, end), scene.spec.source
    table = load_snapshot(eligible_rows(scene, window).rows)
    labels = final_labels(scene, window, made.challenger.classes).of(row_keys(table, source.key))
    known = ~np.isnan(labels)
    own, other = (_predict(one, table)[known] for one in (made, rival))
    days = event_times(table, source.timestamp)[known] // microseconds_of(timedelta(days=1))
    return _Rows(labels[known], own, other, days)


def _predict(made: Made, table: pa.Table) -> FloatArray:
    assert made.challenger is not None
    return load_artifact(made.challenger.artifact.uri, made.challenger.artifact.digest).predict(table)
