"""A second process that keeps the registry, so that the training one never imports MLflow.

It is started when a training starts, and imports MLflow on another core while rows are read; it verifies the
artifact as the fresh process that has seen nothing but files; and it registers.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from tasks import errors
from tasks.environment import child_environment
from tasks.judgement.verdict import Cost
from tasks.release.artifact import Artifact
from tasks.release.registrar_process import CALLS, Followed
from tasks.release.versions import Recorded, Training, Version
from tasks.settings import Settings

_started: "dict[Path, subprocess.Popen[str]]" = {}
"""Processes that were started early, by home folder; the next Registrar of that home takes its own."""


def start_early(settings: Settings) -> None:
    """Start the process now, for a Registrar that comes later: it imports while the caller imports Prefect.

    Raises:
        SettingsError: a database server does not answer.
        StoreError: the object store cannot be used.
    """
    _started[settings.home] = _start(settings)


def _start(settings: Settings) -> "subprocess.Popen[str]":
    for database in settings.databases:
        database.check()  # here it is one line; the process would die of it, and say so in its log
    if settings.store:
        settings.store.check()
    log = _log_of(settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as errors_to:
        return subprocess.Popen(
            [sys.executable, "-m", "tasks.release.registrar_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors_to,
            env=child_environment(settings, MLFLOW_ALLOW_PICKLE_DESERIALIZATION="false"),
            text=True,
        )


def _log_of(settings: Settings) -> Path:
    return settings.home / "logs" / "registrar.log"


class Registrar:
    """The registry, kept by another process. Use it in a ``with`` block."""

    def __init__(self, settings: Settings) -> None:
        self._log = _log_of(settings)
        self._process = _started.pop(settings.home) if settings.home in _started else _start(settings)

    def __enter__(self) -> "Registrar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it died before; whoever asked it something was told
            self._process.stdin.close()
        try:
            self._process.wait(timeout=0 if error else 30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def version(self, model: str, number: int) -> Version:
        """Return one version, or raise a RegistryError that names those there are."""
        return cast("Version", self._ask("version", (model, number)))

    def follow(self, model: str) -> Followed:
        """Have MLflow's alias follow the ledger's champion."""
        return cast("Followed", self._ask("follow", model))

    @contextmanager
    def inspecting(self, artifact: Artifact) -> Iterator[Callable[[], Cost]]:
        """Have the artifact verified and measured there while the block does something else here.

        What is yielded waits for the answer, and must be called within the block. See Registry.inspect.
        """
        answers: list[Cost] = []

        def cost() -> Cost:
            answers.append(self._receive("inspect"))
            return answers[0]

        self._send("inspect", artifact)
        try:
            yield cost
        finally:
            if not answers:  # the next question must not get this answer
                with suppress(errors.PerennialError):
                    self._receive("inspect")

    def record(self, training: Training) -> Recorded:
        """Record a training, and register it if it may be promoted. See Registry.record."""
        return cast("Recorded", self._ask("record", training))

    def _ask(self, call: str, argument: object) -> Any:  # noqa: ANN401 - the type is that of the call
        self._send(call, argument)
        return self._receive(call)

    def _send(self, call: str, argument: object) -> None:
        asks = CALLS[call][0]
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # told when the answer is waited for
            print(json.dumps([call, asks.dump_python(argument, mode="json")]), file=self._process.stdin, flush=True)

    def _receive(self, call: str) -> Any:  # noqa: ANN401 - the type is that of the call
        assert self._process.stdout is not None
        reply = self._process.stdout.readline()
        if not reply:
            raise errors.RegistryError(f"the registry's process ended; see {self._log}")
        kind, content = json.loads(reply)
        if kind == "result":
            return CALLS[call][1].validate_python(content)
        if kind == "unforeseen":
            raise errors.RegistryError(f"{content}; see {self._log}")
        raise getattr(errors, kind)(content)
