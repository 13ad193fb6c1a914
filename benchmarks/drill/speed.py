"""How long a promotion takes, once what it rests on has been examined."""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.drill.world import World, says
from tasks.release import promotion

_TIMES = 20


@dataclass(frozen=True)
class Speed:
    """Milliseconds of each promotion: the ledger's transaction, and MLflow's alias after it."""

    database: str
    milliseconds: tuple[float, ...]


def speed(world: World, folder: Path, *, database: str) -> Speed:
    """Approve the same proposal in copies of ``world``, one after the other."""
    return Speed(database, tuple(sorted(_one(world.elsewhere(folder / str(n))) for n in range(_TIMES))))


def _one(world: World) -> float:
    office, decision = world.office(), says(3)
    now_is = promotion.examine(office, "approve", decision)
    start = time.perf_counter()
    outcome = promotion.write_down(office, "approve", decision, now_is)
    taken = 1000 * (time.perf_counter() - start)
    assert outcome.behind is None
    assert len(outcome.entries) == 2
    return taken
