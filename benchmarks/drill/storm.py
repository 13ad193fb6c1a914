"""Many processes that approve, reject, propose and roll back the same model at random."""

import multiprocessing
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from benchmarks.drill.world import MODEL, RegistryHere, World, says
from tasks.errors import DecisionRefused, PerennialError
from tasks.release import decisions, promotion
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Promoted, Proposed, RolledBack
from tasks.release.office import Office

_fork = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Storm:
    """What many processes did, and what was found to be wrong."""

    database: str
    processes: int
    seconds: float
    done: Counter[str]
    """Decisions taken, by kind, and those that were refused."""
    wrong: tuple[str, ...]
    milliseconds: tuple[float, ...]
    """What each decision took, all others going on beside it."""


def storm(world: World, *, processes: int, seconds: float, database: str) -> Storm:
    """Let ``processes`` decide at random for so many seconds; check the ledger after each decision."""
    results: multiprocessing.Queue[tuple[Counter[str], list[str], list[float]]] = _fork.Queue()
    children = [_fork.Process(target=_decide, args=(world, seed, seconds, results)) for seed in range(processes)]
    for child in children:
        child.start()
    found = [results.get(timeout=seconds + 120) for _ in children]
    for child in children:
        child.join(60)
    done: Counter[str] = sum((counts for counts, _, _ in found), Counter())
    wrong = [finding for _, findings, _ in found for finding in findings]
    wrong += [f"a process ended with {child.exitcode}" for child in children if child.exitcode]
    times = tuple(sorted(t for _, _, taken in found for t in taken))
    return Storm(database, processes, seconds, done, (*wrong, *_at_the_end(world)), times)


def _decide(world: World, seed: int, seconds: float, results: "multiprocessing.Queue[Any]") -> None:
    draw, office = random.Random(seed), world.office()  # noqa: S311 - no secret depends on it
    done, wrong, taken = Counter[str](), list[str](), list[float]()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        what = draw.choice(("propose", "approve", "approve", "reject", "roll back"))
        start = time.perf_counter()
        try:
            _one(office, what, draw)
            done[what] += 1
        except DecisionRefused:
            done["refused"] += 1
        except PerennialError as error:
            wrong.append(f"{what}: {error}")
        except Exception as error:  # noqa: BLE001 - what a user must never see
            wrong.append(f"{what}: {type(error).__name__}: {error}")
        taken.append(1000 * (time.perf_counter() - start))
        wrong += _broken(office.ledger)
    results.put((done, wrong, taken))
    results.close()
    results.join_thread()
    os._exit(0)  # what libraries would do at exit is their parent's affair


def _one(office: Office, what: str, draw: random.Random) -> None:
    now = office.standing()
    champions = [champion.version for champion in now.champions]
    match what:
        case "propose":
            _propose(office)
        case "roll back":
            promotion.decide(office, "roll back", says(draw.choice(champions)))
        case verb:
            pending = [p.version for p in now.pending] or [0]
            promotion.decide(office, verb, says(draw.choice(pending)))  # type: ignore[arg-type]


def _propose(office: Office) -> None:
    """Propose once more what was proposed third, under a number of its own."""
    with office.ledger.deciding() as page:
        entries = page.entries(MODEL)
        now = standing(entries)
        proposals = [entry.what for entry in entries if isinstance(entry.what, Proposed)]
        number = max(proposed.version for proposed in proposals)
        fresh = cast("RegistryHere", office.registrar).again(MODEL, number)
        like = next(proposed for proposed in proposals if proposed.version == 3)
        against = now.champion.version if now.champion else None
        for what in decisions.propose(now, replace(like, version=fresh, against=against)):
            page.append(MODEL, what, at=datetime.now(UTC))


def _broken(ledger: Ledger) -> list[str]:
    """Return which invariant does not hold: fences count up by one, and nothing is promoted twice."""
    moves = [entry.what for entry in ledger.entries(MODEL) if isinstance(entry.what, Promoted | RolledBack)]
    promoted = [move.version for move in moves if isinstance(move, Promoted)]
    wrong = [] if [move.fence for move in moves] == list(range(1, len(moves) + 1)) else ["fences do not count up"]
    return wrong if len(promoted) == len(set(promoted)) else [*wrong, "a version was promoted twice"]


def _at_the_end(world: World) -> list[str]:
    office = world.office()
    followed = office.registrar.follow(MODEL)
    tampering = office.ledger.verify()
    champion = office.standing().champion
    return [
        *([f"entry {tampering.number} {tampering.finding}"] if tampering else []),
        *([] if champion and followed.was == champion.version else [f"MLflow said {followed.was} at the end"]),
    ]
