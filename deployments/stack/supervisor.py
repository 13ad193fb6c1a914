"""Keeps the parts of the stack alive: a part that died, or does not answer, is started again, and that is said."""

import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deployments.stack.parts import Part
from deployments.stack.running import Process, process, stop, stop_orphans
from tasks.environment import child_environment
from tasks.errors import ServerError
from tasks.settings import Settings

Say = Callable[[str], None]

START_SECONDS = 90
LOOK_SECONDS = 1.0
ASK_SECONDS = 15.0
"""Between two questions whether a part is well,"""
SILENT = 4
"""and how many of them in a row it may leave without an answer."""
_LONGEST_WAIT = 60.0
_CALM_SECONDS = 300.0
"""A part that lived as long is no longer one that dies again and again."""


def _nobody(_: object) -> None:
    """Nobody listens."""


class Stopped(Exception):
    """Whoever started the stack has stopped it before all of it was well."""


@dataclass
class _Kept:
    """A part that runs, or is to run again."""

    part: Part
    log: Path
    child: "subprocess.Popen[bytes]"
    known: Process
    started: float = field(default_factory=time.monotonic)
    asked: float = field(default_factory=time.monotonic)
    silent: int = 0
    deaths: int = 0
    again_at: float | None = None


class Supervisor:
    """Starts parts in order, keeps them alive, and stops them in the order turned round."""

    def __init__(
        self, settings: Settings, say: Say = _nobody, *, changed: Callable[[Sequence[Process]], None] = _nobody
    ) -> None:
        """``changed`` is told the processes whenever one has been started."""
        self._settings, self.say, self._changed = settings, say, changed
        self._kept: list[_Kept] = []
        self.ended = threading.Event()
        """Set by whoever wants it to stop."""

    def start(self, *parts: Part) -> None:
        """Start ``parts`` side by side, and wait until all are well.

        Raises:
            ServerError: one ended, or did not answer in time; the message has the end of its log.
            Stopped: ``ended`` was set before that.
        """
        mine = [self._start(part) for part in parts]
        for kept in mine:
            self._wait(kept)

    def _start(self, part: Part) -> _Kept:
        log = self._settings.home / "logs" / f"{part.name.lower()}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))  # of the last time; what comes now is short enough to be read
        child = self._spawn(part, log)
        kept = _Kept(part, log, child, process(part.name, child.pid))
        self._kept.append(kept)
        self._tell()
        return kept

    def watch(self) -> None:
        """Keep all parts alive until ``ended`` is set."""
        while not self.ended.wait(LOOK_SECONDS):
            for kept in self._kept:
                self._look(kept, time.monotonic())

    def _tell(self) -> None:
        self._changed([kept.known for kept in self._kept])

    def stop(self) -> list[str]:
        """Stop all parts, the last one first, with all that they started, and return their names."""
        names: list[str] = []
        while self._kept:
            kept = self._kept.pop()
            names += stop([kept.known])
            kept.child.poll()
        return names

    def _look(self, kept: _Kept, now: float) -> None:
        """See to one part: start it again when it is time, or find that it has to be."""
        if kept.again_at is not None:
            if now >= kept.again_at:
                self._revive(kept)
            return
        code = kept.child.poll()
        if code is None and kept.part.health and now - kept.asked >= ASK_SECONDS:
            kept.asked, kept.silent = now, 0 if is_well(kept.part.health) else kept.silent + 1
        if code is None and kept.silent < SILENT:
            return
        stop([kept.known])
        if kept.part.health:  # what a server leaves holds its port; what a worker leaves are runs, which go on
            stop_orphans(kept.known)
        kept.deaths = 1 if now - kept.started > _CALM_SECONDS else kept.deaths + 1
        wait = min(2.0 ** (kept.deaths - 1), _LONGEST_WAIT)
        what = "does not answer" if code is None else f"ended with exit code {code}"
        self.say(f"{kept.part.name} {what}; starting it again in {wait:.0f} s; {_end_of(kept.log)}")
        kept.again_at = now + wait

    def _revive(self, kept: _Kept) -> None:
        kept.child = self._spawn(kept.part, kept.log)
        kept.known = process(kept.part.name, kept.child.pid)
        kept.started = kept.asked = time.monotonic()
        kept.silent, kept.again_at = 0, None
        self._tell()
        self.say(f"{kept.part.name} was started again, process {kept.child.pid}")

    def _spawn(self, part: Part, log: Path) -> "subprocess.Popen[bytes]":
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - the command is ours
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=child_environment(self._settings, **part.variables),
                start_new_session=True,  # ctrl-C is for the supervisor: it stops them in order
            )

    def _wait(self, kept: _Kept) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if (code := kept.child.poll()) is not None:
                raise ServerError(f"{kept.part.name} ended at its start with exit code {code}; {_end_of(kept.log)}")
            if kept.part.health is None or is_well(kept.part.health):
                return
            if self.ended.wait(0.1):
                raise Stopped
        raise ServerError(f"{kept.part.name} does not answer after {START_SECONDS} s; {_end_of(kept.log)}")


def is_well(url: str) -> bool:
    """Say whether ``url`` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback, http
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def _end_of(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return f"its log {log} ends: {lines[-1].strip() if lines else 'empty'}"
