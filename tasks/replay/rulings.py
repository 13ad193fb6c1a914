"""A judgement of the past: what the gate would have said of a challenger beside the champion of that day."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tasks.data.atomic import write_whole
from tasks.data.splits import split
from tasks.errors import PerennialError
from tasks.judgement.comparison import Comparison
from tasks.judgement.verdict import Verdict
from tasks.plain import read, write
from tasks.release import record
from tasks.release.arena import enter
from tasks.release.challenger import Recipe
from tasks.release.inspection import inspect_artifact
from tasks.release.judging import hear, weigh
from tasks.release.versions import Version
from tasks.replay.scene import Scene
from tasks.replay.trainings import NUMBER, Made

_RULING, _FILES, _JUDGED = "ruling.json", "files", "judged"


@dataclass(frozen=True)
class Ruling:
    """What the gate said of a challenger."""

    outcome: str
    promotable: bool
    summary: str
    comparison: Comparison | None
    """With the champion, or the baseline while there was none; None: it could not be judged."""
    files: str
    """Folder of what later decisions read of it: see ``record.write_facts``."""
    attempt: str
    """File of the keys of the rows that it was judged by."""


def rule(scene: Scene, made: Made, champion: Made | None, judged: tuple[str, ...], *, number: int = NUMBER) -> Ruling:
    """Return the verdict on ``made``; ``judged`` are the attempts before it, of the same policy.

    ``number`` is what the champion is called.
    """
    folder = scene.folder / "rulings" / ruling_name(made, champion, judged)
    if not (folder / _RULING).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / _JUDGED).mkdir(parents=True)
        (folder / _FILES).mkdir()
        rival = champion.version(scene.spec.model, number) if champion else None
        ruling = _rule(scene, made, rival, folder=folder, judged=judged)
        write_whole(folder / _RULING, lambda file: file.write(json.dumps(write(ruling)).encode()))
    found: Ruling = read(Ruling, json.loads((folder / _RULING).read_text(encoding="utf-8")))
    return found


def _rule(scene: Scene, made: Made, rival: Version | None, *, folder: Path, judged: tuple[str, ...]) -> Ruling:
    spec = scene.spec
    assert made.challenger is not None
    assert made.lineage is not None
    for attempt in judged:
        os.link(attempt, folder / _JUDGED / Path(attempt).name)
    recipe = Recipe(spec, scene.contract, threads=1, sources=scene.sources)
    try:
        arena = enter(made.lineage.rows, split(spec, made.as_of), recipe, (made.challenger, rival))
        heard = hear(arena, judged=folder / _JUDGED, explained=False)
        verdict = weigh(heard, spec, inspect_artifact(made.challenger.artifact) if _costs(scene) else None)
    except PerennialError as error:
        return Ruling("failed", False, str(error), None, str(folder / _FILES), "")
    record.write_facts(folder / _FILES, verdict, heard.held, made.lineage)
    known = {Path(attempt).name for attempt in judged}
    new = [path for path in (folder / _JUDGED).iterdir() if path.name not in known]
    return _said(verdict, folder / _FILES, str(new[0]) if new else "")


def _said(verdict: Verdict, files: Path, attempt: str) -> Ruling:
    return Ruling(
        outcome=verdict.outcome,
        promotable=verdict.promotable,
        summary=verdict.reasons[0],
        comparison=verdict.deciding,
        files=str(files),
        attempt=attempt,
    )


def _costs(scene: Scene) -> bool:
    """Say whether the gate asks what a prediction costs: here and now, and not on the machine of that day."""
    return scene.spec.gate.max_latency_ms is not None or scene.spec.gate.max_size_mb is not None


def ruling_name(made: Made, champion: Made | None, judged: tuple[str, ...]) -> str:
    """Return what a ruling is kept as: the same for all that it depends on."""
    parts = [made.digest, made.as_of.isoformat(), champion.digest if champion else ""]
    parts += sorted(Path(attempt).name for attempt in judged)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
