"""How much memory the servers hold, together with what they have started, at rest and at most."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

import psutil

from deployments.stack.running import Process

_SECONDS = 3.0


@dataclass(frozen=True)
class Memory:
    """Bytes: each page once, divided among the processes that share it (PSS), and once for each of them (RSS)."""

    pss: int
    rss: int


def memory(pid: int, *, family: bool = True) -> Memory:
    """Return what process ``pid`` holds now, with all that it has started unless it is asked for alone."""
    pss = rss = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for one in (root, *(root.children(recursive=True) if family else ())):
            with suppress(psutil.Error):
                found = one.memory_full_info()
                pss, rss = pss + found.pss, rss + found.rss
    return Memory(pss, rss)


@dataclass
class Peaks:
    """Watches processes while a ``with`` block runs, and keeps the most that each held."""

    pids: Mapping[str, tuple[int, bool]]
    """By name, and whether what a process started counts as its own."""
    most: dict[str, Memory] = field(default_factory=dict)
    _done: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Peaks":
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        assert self._thread is not None
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            for name, (pid, family) in self.pids.items():
                now, before = memory(pid, family=family), self.most.get(name, Memory(0, 0))
                self.most[name] = Memory(max(now.pss, before.pss), max(now.rss, before.rss))
            if self._done.wait(_SECONDS):
                return


def pids_of(parts: Mapping[str, Process], database: int | None) -> dict[str, tuple[int, bool]]:
    """Return what is watched: the parts, the worker without its runs, and PostgreSQL where it is used."""
    found = {name: (part.pid, name != "worker") for name, part in parts.items()}
    return found if database is None else {**found, "PostgreSQL": (database, True)}


def listener(port: int) -> int:
    """Return the process that listens on ``port``, the one that started the others of its kind."""
    found = (one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN)
    return min(one.pid for one in found if one.laddr and one.laddr.port == port and one.pid is not None)
