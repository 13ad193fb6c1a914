"""Kill an operation at each of its boundaries, start it again, and look at what is left."""

import json
import multiprocessing
import os
import shutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from benchmarks.drill.boundaries import Boundaries
from benchmarks.drill.world import MODEL, OPERATIONS, World
from tasks.release.artifact import verify
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.version_records import Promoted

_EXPECTED = {"propose": 2, "approve": 3, "reject": 2, "roll back": 1}
"""The champion after each operation."""
_fork = multiprocessing.get_context("fork")
"""Everything is imported already: a trial starts in milliseconds."""


@dataclass(frozen=True)
class Trial:
    """One kill, and what was found."""

    boundary: str
    champion: int
    """Right after the kill."""
    wrong: tuple[str, ...]
    """What did not hold, then or after the restart; nothing, if all did."""


@dataclass(frozen=True)
class Drilled:
    """All kills of one operation."""

    operation: str
    database: str
    trials: tuple[Trial, ...]


def drill(world: World, operation: str, folder: Path, *, database: str, every: int) -> Drilled:
    """Kill ``operation`` at every boundary, or at each of so many; see ``Trial``."""
    names = _boundaries(world.elsewhere(folder / "watched"), operation)
    trials = []
    for at in _places(names)[::every]:
        home = folder / f"trial-{at}"
        trials.append(_trial(world.elsewhere(home), operation, (at, names[at])))
        shutil.rmtree(home)
    return Drilled(operation, database, tuple(trials))


def _places(names: list[str]) -> list[int]:
    """Return where to kill: of a row of files written, or of equal boundaries, at the first, the middle and the last.

    A registered model has three hundred files, and whether the hundredth or the next of them is missing is one thing.
    """
    places: list[int] = []
    for _, row in groupby(range(len(names)), lambda at: "written" if names[at].endswith(" is written") else names[at]):
        alike = list(row)
        places += sorted({alike[0], alike[len(alike) // 2], alike[-1]})
    return places


def _boundaries(world: World, operation: str) -> list[str]:
    found = world.settings.home / "boundaries.json"

    def watch() -> None:
        boundaries = Boundaries()
        with boundaries.watched():
            OPERATIONS[operation](world)
        found.write_text(json.dumps(boundaries.names))

    code = _in_child(watch)
    assert code == 0, f"{operation} ended with {code} before anybody killed it"
    names: list[str] = json.loads(found.read_text())
    return names


def _trial(world: World, operation: str, where: tuple[int, str]) -> Trial:
    at, name = where

    def die() -> None:
        with Boundaries(kill_at=at).watched():
            OPERATIONS[operation](world)

    killed = _in_child(die)
    wrong = [] if killed == -9 else [f"it was not killed, and ended with {killed}"]
    champion = world.standing().champion
    wrong += _ledger(world)
    found = world.settings.home / "found.json"

    def restart() -> None:
        OPERATIONS[operation](world)
        found.write_text(json.dumps(_after(world, operation)))

    wrong += ["it could not be done again"] if _in_child(restart) else json.loads(found.read_text())
    return Trial(name, champion.version if champion else 0, tuple(wrong))


def _ledger(world: World) -> list[str]:
    """Return what is wrong with the ledger alone."""
    ledger = Ledger(world.settings.ledger)
    tampering = ledger.verify()
    promoted = [entry.what.version for entry in ledger.entries(MODEL) if isinstance(entry.what, Promoted)]
    return [
        *([f"entry {tampering.number} {tampering.finding}"] if tampering else []),
        *(["a version was promoted twice"] if len(promoted) != len(set(promoted)) else []),
    ]


def _after(world: World, operation: str) -> list[str]:
    """Return what is wrong after the operation was done again."""
    now, wrong = world.standing(), _ledger(world)
    if now.champion is None or now.champion.version != _EXPECTED[operation]:
        wrong.append(f"the champion is {now.champion and now.champion.version}")
    else:
        verify(now.champion.artifact_uri, now.champion.artifact)
    if (alias := world.registry.alias(MODEL)) != _EXPECTED[operation]:
        wrong.append(f"MLflow says {alias}")
    if operation == "propose" and len(now.pending) != 1:
        wrong.append(f"{len(now.pending)} proposals are pending")
    return wrong


def _in_child(do: Callable[[], object]) -> int | None:
    def run() -> None:
        try:
            do()
        except BaseException:  # noqa: BLE001 - it is the end of this process
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    child = _fork.Process(target=run)
    child.start()
    child.join(120)
    return child.exitcode
