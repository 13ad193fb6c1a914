"""A training of the past: what the live flow would have made of what was known then."""

import hashlib
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tasks.data import ingestion
from tasks.data.atomic import write_whole
from tasks.data.demo import DEMO, is_demo
from tasks.data.splits import split
from tasks.errors import CandidateFailed, DataRefused, NotEnoughData
from tasks.plain import read, write
from tasks.release.challenger import Challenger, Recipe, count_splits, make_challenger
from tasks.release.lineage import Lineage
from tasks.release.tracing import Origin, trace
from tasks.release.versions import Version
from tasks.release.warming import wants_champion
from tasks.replay.scene import Scene
from tasks.settings import Settings

_MADE = "made.json"


@dataclass(frozen=True)
class Made:
    """A challenger of the past, by reference; or why there is none."""

    as_of: datetime
    folder: str
    challenger: Challenger | None
    lineage: Lineage | None
    why_not: str = ""

    @property
    def digest(self) -> str:
        """Of the artifact."""
        return self.challenger.artifact.digest if self.challenger else ""

    def version(self, model: str, number: int) -> Version:
        """Return it as a version of that number, which the gate and the candidates of a later training take."""
        assert self.challenger is not None
        assert self.lineage is not None
        return Version(model, number, self.challenger.artifact, self.lineage, run_id="")


NUMBER = 1
"""Of a version for which nobody has another one: in a replay each is in a home of its own."""


def train(scene: Scene, as_of: datetime, champion: Made | None) -> Made:
    """Return what a training as of then makes; the same one again is read from where it was kept.

    ``champion`` changes it only if a candidate begins from it. Data that the live flow would have refused to train on
    make no challenger: that is a result.
    """
    parent = champion if wants_champion(scene.spec) else None
    folder = scene.folder / "trainings" / _name(as_of, parent)
    if not (folder / _MADE).is_file():
        shutil.rmtree(folder, ignore_errors=True)  # what a killed replay left of it
        folder.mkdir(parents=True)
        made = _train(scene, as_of, parent, folder)
        write_whole(folder / _MADE, lambda file: file.write(json.dumps(write(made)).encode()))
    return _read(folder / _MADE)


def _train(scene: Scene, as_of: datetime, parent: Made | None, folder: Path) -> Made:
    spec, contract, settings = scene.spec, scene.contract, _of(scene)
    try:
        found = ingestion.ingest(spec, contract, settings, as_of)
        prepared = ingestion.prepare(found, spec, contract, folder=settings.of(spec.model), as_of=as_of)
        splits = split(spec, as_of)
        count_splits(prepared.rows, splits, spec)
        recipe = Recipe(spec, contract, settings.threads, sources=scene.sources)
        version = parent.version(spec.model, NUMBER) if parent else None
        challenger = make_challenger(prepared.rows, splits, recipe, folder, version)
    except (NotEnoughData, DataRefused, CandidateFailed) as error:
        return Made(as_of, str(folder), None, None, str(error))
    lineage = trace(challenger, Origin(as_of, "replay", prepared, splits), recipe, settings)
    return Made(as_of, str(folder), challenger, lineage)


def _of(scene: Scene) -> Settings:
    """Return the settings of a home in which every training of the replay keeps its rows."""
    return home_in(scene, scene.folder / "rows")


def home_in(scene: Scene, place: Path) -> Settings:
    """Return settings whose home is ``place``, where nothing of the live home is read or changed.

    One thread: as many trainings and checks as there are cores go on side by side.
    """
    place.mkdir(parents=True, exist_ok=True)
    if is_demo(scene.spec.source.uri):  # its table is built once in a home; this one reads that of the live one
        with suppress(FileExistsError):
            (place / DEMO).symlink_to(scene.settings.home / DEMO)
    return replace(
        scene.settings, home=place, threads=1, ledger_url=None, mlflow_url=None, store=None, people=None, price=None
    )


def _name(as_of: datetime, parent: Made | None) -> str:
    return f"{as_of:%Y%m%dT%H%M%S}" + (f"-{hashlib.sha256(parent.digest.encode()).hexdigest()[:8]}" if parent else "")


def _read(path: Path) -> Made:
    found: Made = read(Made, json.loads(path.read_text(encoding="utf-8")))
    return found
