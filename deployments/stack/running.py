"""Which stack runs for a home folder: a lock that its supervisor holds, and a file that says where."""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tasks.data.atomic import write_text
from tasks.errors import ServerError
from tasks.up import UP_FILE, UP_LOCK, is_up

_LOCK_SECONDS = 2
"""A command that asks whether the stack is up holds the lock for a moment."""
STOP_SECONDS = 30


@dataclass(frozen=True)
class Process:
    """A process that was started, told from a later one of the same number by when that was."""

    name: str
    pid: int
    created: float

    @property
    def alive(self) -> "psutil.Process | None":
        """The process, if it still runs."""
        with suppress(psutil.Error):
            found = psutil.Process(self.pid)
            if abs(found.create_time() - self.created) < 1 and found.status() != psutil.STATUS_ZOMBIE:
                return found
        return None


@dataclass(frozen=True)
class Running:
    """A stack that runs, or ran."""

    prefect_api: str
    mlflow: str
    supervisor: Process
    parts: tuple[Process, ...] = ()
    login: str = ""
    """The user whose password the servers ask for; empty: they ask for none."""


def process(name: str, pid: int) -> Process:
    """Return the process that has number ``pid`` now."""
    return Process(name, pid, psutil.Process(pid).create_time())


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Keep other stacks out of ``home``; the kernel lets go of the lock however this process ends.

    Raises:
        AlreadyUp: one runs.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / UP_LOCK).open("a", encoding="utf-8") as file:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _taken(file.fileno()):
            if time.monotonic() > deadline:
                raise AlreadyUp(home)
            time.sleep(0.1)
        yield


class AlreadyUp(ServerError):
    """A stack runs for this home folder already."""

    def __init__(self, home: Path) -> None:
        super().__init__(f"the stack of {home} is up already; perennial status shows it, perennial down stops it")


def write(home: Path, running: Running) -> None:
    """Say where the stack is."""
    write_text(home / UP_FILE, json.dumps(asdict(running), indent=1))


def forget(home: Path) -> None:
    """Say that there is no stack."""
    (home / UP_FILE).unlink(missing_ok=True)


def read(home: Path) -> Running | None:
    """Return the stack that runs for ``home``, or the one that was killed; None: there is none."""
    try:
        found = json.loads((home / UP_FILE).read_text(encoding="utf-8"))
        parts = tuple(Process(**part) for part in found.pop("parts"))
        return Running(**{**found, "supervisor": Process(**found["supervisor"]), "parts": parts})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def current(home: Path) -> Running | None:
    """Return the stack that runs for ``home``; None: there is none."""
    return read(home) if is_up(home) else None


def stop(found: Sequence[Process]) -> list[str]:
    """Stop processes and all that came of them, and return the names of those that were alive."""
    alive = [(one.name, there) for one in found if (there := one.alive)]
    family: list[psutil.Process] = []
    for _, there in alive:
        with suppress(psutil.Error):
            family += [there, *there.children(recursive=True)]
    _end(family)
    return [name for name, _ in alive]


def stop_orphans(dead: Process) -> None:
    """Stop what a part that died has left running: each part is the first of a session of its own."""
    _end([one for one in psutil.process_iter() if _session(one) == dead.pid and one.pid != dead.pid])


def _session(one: psutil.Process) -> int | None:
    try:
        return os.getsid(one.pid)
    except OSError:
        return None


def _end(family: list[psutil.Process]) -> None:
    for sign in ("terminate", "kill"):
        for one in family:
            with suppress(psutil.Error):
                getattr(one, sign)()
        _, family = psutil.wait_procs(family, timeout=STOP_SECONDS)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
