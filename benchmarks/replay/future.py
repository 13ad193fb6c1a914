"""What became of a challenger, whether or not it was promoted: it and its rival on the weeks that followed."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from tasks.data.atomic import write_whole
from tasks.data.matrix import FloatArray
from tasks.data.window import Window, microseconds_of
from tasks.judgement.comparison import Comparison
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.metrics import Metric
from tasks.plain import read, write
from tasks.replay.scene import Scene
from tasks.replay.scored import scored
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
    window = Window(end - scene.step, end)
    own, other = (scored(scene, one, window) for one in (made, rival))
    return _Rows(own.labels, own.predictions, other.predictions, own.times // microseconds_of(timedelta(days=1)))
