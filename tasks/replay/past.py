"""The past, each part of which is lived through once, in as many processes as there are cores."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar

from tasks.release.ledger.book import Ledger
from tasks.release.warming import wants_champion
from tasks.replay.episodes import InUse, Seen, empty_ledger, see
from tasks.replay.pace import GROWING, Part, Spent
from tasks.replay.rulings import Ruling, rule, ruling_name
from tasks.replay.scene import Scene
from tasks.replay.trainings import Made, train

Found = TypeVar("Found")


@dataclass(frozen=True)
class Timed(Generic[Found]):
    """What a part came to, and how long it took."""

    found: Found
    seconds: float


@dataclass(frozen=True)
class Done:
    """What has been done so far."""

    parts: tuple[tuple[Part, datetime, float], ...]
    """Each once, the latest last: what it was, as of when the model was trained, and the seconds."""
    asked: Mapping[Part, int]
    """How often each part was asked for."""
    trained: Mapping[datetime, float]
    """How far a training as of a moment is done: of one that goes on nobody knows, so it is taken to be half-way."""

    def spent(self, size: Callable[[datetime], float]) -> list[Spent]:
        """Return what was spent; ``size`` says how much a training as of then learned from."""
        return [Spent(part, seconds, size(at) if part in GROWING else 1.0) for part, at, seconds in self.parts]


@dataclass(frozen=True)
class LivedPast:
    """What happened, as far as it depends on no policy: whoever asks first waits for it, and it is kept for all."""

    scene: Scene
    pool: Executor
    _known: dict[tuple[Any, ...], Future[Any]] = field(default_factory=dict)
    _asked: Counter[Part] = field(default_factory=Counter)
    _parts: list[tuple[Part, datetime, float]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def train(self, as_of: datetime, champion: Made | None) -> Made:
        """Return what a training as of then makes: the same, whoever is champion, unless a candidate begins from it."""
        parent = champion if wants_champion(self.scene.spec) else None
        return self._once(("training", as_of, parent and parent.digest), train, as_of, parent, about=as_of)

    def rule(self, made: Made, champion: Made | None, judged: tuple[str, ...]) -> Ruling:
        """Return the verdict on ``made`` beside ``champion``; ``judged`` are the attempts before it."""
        key = ("ruling", ruling_name(made, champion, judged))
        return self._once(key, rule, made, champion, judged, about=made.as_of)

    def see(self, champion: InUse, at: datetime) -> Seen:
        """Return what there was to see of ``champion`` at a moment; the moments before come first."""
        part: Part = "beginning" if at <= champion.since + self.scene.step else "step"
        return self._once((part, champion.name, at), see, champion, at, about=champion.made.as_of)

    def done(self) -> Done:
        """Return what has been done so far."""
        with self._lock:
            begun: dict[datetime, float] = {key[1]: 0.5 for key in self._known if key[0] == "training"}
            ended = {at: 1.0 for part, at, _ in self._parts if part == "training"}
            return Done(tuple(self._parts), dict(self._asked), begun | ended)

    def _once(self, key: tuple[Any, ...], do: Callable[..., Found], *what: object, about: datetime) -> Found:
        """Have a part done, if it was not yet; ``about`` is as of when the model was trained that it is about."""
        part: Part = key[0]
        with self._lock:
            self._asked[part] += 1
            new = key not in self._known
            if new:
                self._known[key] = self.pool.submit(_timed, do, self.scene, *what)
            known = self._known[key]
        timed: Timed[Found] = known.result()
        if new:
            with self._lock:
                self._parts.append((part, about, timed.seconds))
        return timed.found


def _timed(do: Callable[..., Found], *what: object) -> Timed[Found]:
    began = monotonic()
    return Timed(do(*what), monotonic() - began)


@contextmanager
def open_past(scene: Scene) -> Iterator[LivedPast]:
    """Give the past of ``scene``; what a replay that was killed has found out is taken from where it was kept."""
    scene.folder.mkdir(parents=True, exist_ok=True)
    ledger = empty_ledger(scene)
    if not ledger.exists():
        new = Path(f"{ledger}.new")
        Ledger(f"sqlite:///{new}").entries()
        new.replace(ledger)
    # Forked, a process would inherit locks that another thread holds; one started afresh inherits nothing.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(scene.settings.threads, mp_context=context, initializer=_one_thread) as pool:
        yield LivedPast(scene, pool)


def _one_thread() -> None:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
