"""The past, each part of which is lived through once, in as many processes as there are cores."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast

from tasks.release.ledger.book import Ledger
from tasks.release.warming import wants_champion
from tasks.replay.episodes import InUse, Seen, empty_ledger, see
from tasks.replay.rulings import Ruling, rule, ruling_name
from tasks.replay.scene import Scene
from tasks.replay.trainings import Made, train

Found = TypeVar("Found")


@dataclass(frozen=True)
class LivedPast:
    """What happened, as far as it depends on no policy: whoever asks first waits for it, and it is kept for all."""

    scene: Scene
    pool: Executor
    _known: dict[tuple[object, ...], Future[Any]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def train(self, as_of: datetime, champion: Made | None) -> Made:
        """Return what a training as of then makes: the same, whoever is champion, unless a candidate begins from it."""
        parent = champion if wants_champion(self.scene.spec) else None
        return self._once(("training", as_of, parent and parent.digest), train, as_of, parent)

    def rule(self, made: Made, champion: Made | None, judged: tuple[str, ...]) -> Ruling:
        """Return the verdict on ``made`` beside ``champion``; ``judged`` are the attempts before it."""
        return self._once(("ruling", ruling_name(made, champion, judged)), rule, made, champion, judged)

    def see(self, champion: InUse, at: datetime) -> Seen:
        """Return what there was to see of ``champion`` at a moment; the moments before come first."""
        return self._once(("episode", champion.name, at), see, champion, at)

    def _once(self, key: tuple[object, ...], do: Callable[..., Found], *what: object) -> Found:
        with self._lock:
            if key not in self._known:
                self._known[key] = self.pool.submit(do, self.scene, *what)
        return cast("Found", self._known[key].result())


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
