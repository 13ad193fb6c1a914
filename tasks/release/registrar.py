"""A second process that keeps the registry, so that the training one never imports MLflow.

It is started when a training starts, and imports MLflow on another core while rows are read; it verifies the
artifact as the fresh process that has seen nothing but files; and it registers. Requests and replies are lines
of JSON over its standard input and output. When its input ends, because its parent is done or dead, it ends.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from pydantic import TypeAdapter

from tasks import errors
from tasks.judgement.verdict import Cost
from tasks.release.artifact import Artifact
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.release.registry import Registry
from tasks.release.versions import Recorded, Training, Version
from tasks.settings import Settings, child_environment, load_settings


@dataclass(frozen=True)
class Followed:
    """The versions that MLflow called champion before and after it followed the ledger; None: no version."""

    was: int | None
    now: int | None


def _follow(registry: Registry, model: str) -> Followed:
    """Have MLflow's alias follow the ledger; no decision is taken meanwhile, so that the last one wins there too."""
    with Ledger(load_settings().ledger).deciding() as page:
        champion = standing(page.entries(model)).champion
        number = champion.version if champion else None
        return Followed(registry.follow(model, number), number)


_CALLS: dict[str, tuple[TypeAdapter[Any], TypeAdapter[Any], Callable[[Registry, Any], Any]]] = {
    "version": (TypeAdapter(tuple[str, int]), TypeAdapter(Version), lambda registry, which: registry.version(*which)),
    "follow": (TypeAdapter(str), TypeAdapter(Followed), _follow),
    "inspect": (TypeAdapter(Artifact), TypeAdapter(Cost), Registry.inspect),
    "record": (TypeAdapter(Training), TypeAdapter(Recorded), Registry.record),
}


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
            [sys.executable, "-m", "tasks.release.registrar"],
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
        asks = _CALLS[call][0]
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
            return _CALLS[call][1].validate_python(content)
        if kind == "unforeseen":
            raise errors.RegistryError(f"{content}; see {self._log}")
        raise getattr(errors, kind)(content)


def serve(requests: IO[str], replies: IO[str], registry: Registry) -> None:
    """Answer each request, in order, until there are no more."""
    for line in requests:
        call, argument = json.loads(line)
        asks, gives, do = _CALLS[call]
        try:
            answer = ["result", gives.dump_python(do(registry, asks.validate_python(argument)), mode="json")]
        except errors.PerennialError as error:
            answer = [type(error).__name__, str(error)]
        except Exception as error:  # noqa: BLE001 - it is told to the parent, which raises it
            traceback.print_exc()
            answer = ["unforeseen", f"{type(error).__name__}: {error}"]
        print(json.dumps(answer), file=replies, flush=True)


def main() -> None:
    # Whatever a library prints must not come between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    registry = Registry(load_settings())
    _warm_up(registry)
    serve(sys.stdin, replies, registry)
    sys.stderr.flush()
    os._exit(0)  # all is said and saved; taking MLflow's modules apart would keep the parent waiting for a second


def _warm_up(registry: Registry) -> None:
    """Do now, while the parent is still reading rows, what verifying and registering will need."""
    import lightgbm  # noqa: F401
    import pandera.pandas  # noqa: F401

    registry.rehearse()


if __name__ == "__main__":
    main()
