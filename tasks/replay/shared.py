"""What there was in one step, whoever was champion: the rows that could be scored, and what came of them."""

import hashlib
import json
from pathlib import Path

import numpy as np

from tasks.data.atomic import write_whole
from tasks.data.window import Window
from tasks.monitoring.predictions.arrivals import Maturity
from tasks.monitoring.predictions.eligible import Eligible, find_eligible
from tasks.monitoring.predictions.labels import Arrived, Asked, Classes, read_arrived
from tasks.plain import read, write
from tasks.replay.scene import Scene
from tasks.replay.trainings import home_in


def eligible_rows(scene: Scene, window: Window) -> Eligible:
    """Return the rows of a step that could be scored."""
    path = _folder(scene) / f"{window.end:%Y%m%dT%H%M%S}.json"
    if not path.is_file():
        settings = home_in(scene, scene.folder / "rows")
        found = find_eligible(scene.spec, scene.contract, settings, window=window)
        write_whole(path, lambda file: file.write(json.dumps(write(found)).encode()))
    kept: Eligible = read(Eligible, json.loads(path.read_text(encoding="utf-8")))
    return kept


def final_labels(scene: Scene, window: Window, classes: Classes) -> Arrived:
    """Return the labels of a step that are known at the end of the replay, in the codes of ``classes``."""
    coded = hashlib.sha256(repr(classes).encode()).hexdigest()[:8]
    path = _folder(scene) / f"{window.end:%Y%m%dT%H%M%S}-{coded}.npz"
    if not path.is_file():
        asked = Asked(window, Maturity(scene.end, None), classes)
        found = read_arrived(scene.spec, scene.contract, home_in(scene, scene.folder / "rows"), asked=asked)
        write_whole(path, lambda file: np.savez(file, keys=found.keys, values=found.values))
    with np.load(path, allow_pickle=False) as kept:
        return Arrived(kept["keys"], kept["values"])


def _folder(scene: Scene) -> Path:
    return scene.folder / "steps"
