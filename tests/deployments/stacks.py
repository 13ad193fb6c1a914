"""`perennial up` in a process of its own, for tests."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from deployments.stack import running
from deployments.stack.ports import free_port
from tasks.settings import Settings

READY = "perennial status shows how it stands"


class Stack:
    """`perennial up` in a process of its own, on ports of its own."""

    def __init__(self, settings: Settings, *options: str) -> None:
        self.settings, self.log = settings, settings.home / "up.txt"
        ports = ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]
        settings.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as output:
            command = [sys.executable, "-m", "deployments.cli", "up", *ports, *options]
            self.process = psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def says(self, text: str, seconds: float = 240) -> str:
        """Wait until it has said ``text``, and return all that it said."""
        deadline = time.monotonic() + seconds
        while text not in (said := self.log.read_text()):
            assert time.monotonic() < deadline, f"{text!r} was not said:\n{said}"
            assert self.process.poll() is None, f"it ended:\n{said}"
            time.sleep(0.2)
        return said

    def part(self, name: str) -> psutil.Process:
        found = running.read(self.settings.home)
        assert found
        (alive,) = [there for one in found.parts if one.name == name and (there := one.alive)]
        return alive

    def family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def perennial(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "deployments.cli", *words], check=False, capture_output=True, text=True, timeout=150
    )


def status() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(perennial("status", "--json").stdout)
    return found


def answer(url: str) -> int:
    """Return the status of the answer that a stranger gets."""
    try:
        with urllib.request.urlopen(url, timeout=10) as found:
            return int(found.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.3)


@contextmanager
def stack_of(settings: Settings, *options: str) -> Iterator[Stack]:
    """Keep a stack up for the length of the block."""
    made = Stack(settings, *options)
    try:
        made.says(READY)
        yield made
    finally:
        family = made.family() if made.process.poll() is None else []
        perennial("down")
        for left in family:
            if left.is_running():
                left.kill()
        made.process.wait(60)
