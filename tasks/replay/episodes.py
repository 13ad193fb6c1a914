"""One champion of the past, while it is in use: it scores, and is watched, in a home of its own.

What it sees does not depend on the policy: the same champion from the same moment on is one episode for all of them.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from tasks.data.atomic import write_whole
from tasks.data.matrix import FloatArray
from tasks.data.window import Window
from tasks.monitoring import deciding, measuring, watching
from tasks.monitoring.check import Check, read_check, save_check
from tasks.monitoring.predictions.log import ROW_KEY, as_predictions, event_times, open_log, prediction_names
from tasks.monitoring.predictions.run import Asked, score_alone
from tasks.monitoring.predictions.scoring import serve, write_down
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.version_records import Evidence, Judged, Places, Promoted, Proposed
from tasks.replay.rulings import Ruling
from tasks.replay.scene import Scene
from tasks.replay.shared import eligible_rows, final_labels
from tasks.replay.trainings import NUMBER, Made, home_in
from tasks.settings import Settings

_LEDGER = "ledger.db"


@dataclass(frozen=True)
class InUse:
    """A champion, and since when."""

    made: Made
    ruling: Ruling
    """Which made it champion: what it promised then is what it is held to."""
    since: datetime

    @cached_property
    def name(self) -> str:
        """Of its episode: the same for all that it sees later depends on."""
        promise = hashlib.sha256((Path(self.ruling.files) / "holdout_predictions.parquet").read_bytes()).hexdigest()
        return f"{self.since:%Y%m%dT%H%M%S}-{self.made.digest[:16]}-{promise[:8]}"


@dataclass(frozen=True)
class Seen:
    """What there was to see of a champion at one moment."""

    check: Check
    """Its decision is that of no policy."""
    served: str
    """File of what it predicted since the moment before, and what came of it: see ``load_served``."""


def see(scene: Scene, champion: InUse, at: datetime) -> Seen:
    """Return what is seen at ``at``, a step after the moment before, which has been seen already."""
    folder = scene.folder / "episodes" / champion.name
    checked, served = (folder / f"{at:%Y%m%dT%H%M%S}.{kind}" for kind in ("json", "npz"))
    if not (checked.is_file() and served.is_file()):
        settings = _home(scene, champion, folder)
        window = Window(at - scene.step, at)
        with score_alone(scene.spec, scene.contract, settings, asked=Asked(window.start, at, at)) as run:
            rows = eligible_rows(scene, window)
            serve(run, rows)
            write_down(run, rows)
        check = _check(scene, settings, at)
        found = _served(scene, settings, window, champion)
        write_whole(served, lambda file: save_served(found, file))
        write_whole(checked, lambda file: file.write(json.dumps(check.to_json()).encode()))
    return Seen(read_check(checked), str(served))


@dataclass(frozen=True)
class ServedStep:
    """The labelled rows of one step. Shapes (rows,); predictions also (rows, classes)."""

    times: npt.NDArray[np.int64]
    labels: FloatArray
    predictions: FloatArray
    classes: tuple[str, ...]
    """That labels and predictions count; none for a regression."""


def load_served(path: str) -> ServedStep:
    """Return what a champion predicted in one step, and what came of it."""
    with np.load(path, allow_pickle=False) as found:
        return ServedStep(found["times"], found["labels"], found["predictions"], tuple(found["classes"].tolist()))


def _check(scene: Scene, settings: Settings, at: datetime) -> Check:
    watch = watching.watch_of(scene.spec, scene.contract, settings, as_of=at)
    looked = watching.look(watch)
    check = deciding.diagnose(watch, looked, measuring.signals(watch, looked))
    save_check(watch.checks, check)
    return check


def _home(scene: Scene, champion: InUse, folder: Path) -> Settings:
    """Return the settings of the episode's home, in which the ledger says that it is champion."""
    settings = home_in(scene, folder)
    if not (folder / _LEDGER).exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(empty_ledger(scene), folder / f"{_LEDGER}.new")
        _enthrone(Ledger(f"sqlite:///{folder / _LEDGER}.new"), scene.spec.model, champion)
        (folder / f"{_LEDGER}.new").replace(folder / _LEDGER)
    return settings


def empty_ledger(scene: Scene) -> Path:
    """Return a ledger that has its tables and no entry: to make them takes longer than all that an episode writes."""
    return scene.folder / _LEDGER


def _enthrone(ledger: Ledger, model: str, champion: InUse) -> None:
    made, ruling = champion.made, champion.ruling
    assert made.challenger is not None
    assert made.lineage is not None
    artifact, lineage = made.challenger.artifact, made.lineage
    evidence = Evidence(lineage.rows.digest, artifact.digest, "", "", lineage.spec)
    where = Places(lineage.rows.uri, artifact.uri, ruling.files)
    with ledger.deciding() as page:
        judged = Judged("", made.as_of, "replay", ruling.outcome, True, ruling.summary, NUMBER, evidence)
        page.append(model, judged, at=champion.since)
        proposed = Proposed(NUMBER, ruling.summary, evidence, None, where, None, 0)
        entry = page.append(model, proposed, at=champion.since)
        promoted = Promoted(NUMBER, entry.number, None, 1, artifact.digest, artifact.uri, ())
        page.append(model, promoted, at=champion.since)


def _served(scene: Scene, settings: Settings, window: Window, champion: InUse) -> ServedStep:
    """Return what was predicted in a step, and what is known at the end of the replay to have come of it."""
    assert champion.made.challenger is not None
    classes, timestamp = champion.made.challenger.classes, scene.spec.source.timestamp
    log = open_log(settings, scene.spec.model, "served", NUMBER)
    codes = len(classes) if scene.spec.task == "multiclass" else 0
    names = tuple(str(name) for name in classes)
    columns = [ROW_KEY, timestamp, *prediction_names(codes)]
    table = log.read(window, columns, timestamp=timestamp, as_of=window.end)
    if table is None:
        return ServedStep(np.empty(0, np.int64), np.empty(0), np.empty(0), names)
    labels = final_labels(scene, window, classes).of(table.column(ROW_KEY).to_numpy())
    known = ~np.isnan(labels)
    return ServedStep(event_times(table, timestamp)[known], labels[known], as_predictions(table, codes)[known], names)


def save_served(found: ServedStep, file: BinaryIO) -> None:
    """Write what ``load_served`` reads."""
    np.savez(
        file,
        times=found.times,
        labels=found.labels,
        predictions=found.predictions,
        classes=np.array(found.classes, dtype=np.str_),
    )
