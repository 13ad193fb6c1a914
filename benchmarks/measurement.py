"""What a run of a program costs: wall, CPU, and the memory of all its processes together.

Memory is read from outside while the program runs, in two ways. PSS counts a page that several processes share
once, divided among them, so that a library which two processes load is not two libraries; it is the fair sum, and
reading it walks the page tables, so it is read four times a second. RSS counts such a page for each of them; it
costs next to nothing and is read twenty times a second. A peak shorter than that may be missed, on either side
of a comparison alike.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import psutil

LIMIT_SECONDS = 900
_SAMPLE_SECONDS = 0.05
_SAMPLES_A_PSS = 5


@dataclass(frozen=True)
class Usage:
    """What one run took."""

    wall: float
    """Seconds from its start to its end."""
    cpu: float
    """Seconds of all its processes, user and system."""
    pss: int
    """Bytes: the highest sum over its processes at any one time."""
    rss: int


@dataclass(frozen=True)
class Program:
    """What is run, and where."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    """Its working folder, and where its output is kept."""


def measure(program: Program) -> tuple[Usage, str]:
    """Run ``program`` to its end; return what it took, and its standard output.

    Raises:
        RuntimeError: it ended with another exit code than 0, or had not ended after ``LIMIT_SECONDS``.
    """
    output, errors = program.folder / "output.txt", program.folder / "errors.txt"
    with output.open("wb") as to, errors.open("wb") as errors_to:
        start = perf_counter()
        process = subprocess.Popen(
            list(program.command),
            stdout=to,
            stderr=errors_to,
            env=dict(program.environment),
            cwd=program.folder,
            start_new_session=True,  # a group of its own, so that its children can be stopped with it
        )
        with _Stopped(process.pid), _Sampler(process.pid) as sampler:
            _, status, usage = os.wait4(process.pid, 0)  # with its children's CPU, since it waits for them
            wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        tail = "\n".join(errors.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        raise RuntimeError(f"{' '.join(program.command)} ended with exit code {process.returncode}:\n{tail}")
    cpu = usage.ru_utime + usage.ru_stime
    return Usage(wall, cpu, sampler.pss, sampler.rss), output.read_text(encoding="utf-8")


class _Stopped:
    """Kills the process group of ``pid`` when a ``with`` block is left by an error, or at the time limit."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._timer = threading.Timer(LIMIT_SECONDS, _kill, [pid])

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        if error:
            _kill(self._pid)


@dataclass
class _Sampler:
    """Reads the memory of ``pid`` and all below it while a ``with`` block runs."""

    pid: int
    pss: int = 0
    rss: int = 0
    _done: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "_Sampler":
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._thread is not None
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        tree: list[psutil.Process] = []
        count = 0
        while not self._done.wait(_SAMPLE_SECONDS):
            if count % _SAMPLES_A_PSS == 0:
                tree = _tree(self.pid)
                self.pss = max(self.pss, _sum(tree, lambda process: process.memory_full_info().pss))
            self.rss = max(self.rss, _sum(tree, lambda process: process.memory_info().rss))
            count += 1


def _tree(pid: int) -> list[psutil.Process]:
    """Return the process and all below it; none once it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _sum(tree: list[psutil.Process], read: Callable[[psutil.Process], int]) -> int:
    total = 0
    for process in tree:
        with suppress(psutil.Error):  # it has just ended
            total += read(process)
    return total


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
