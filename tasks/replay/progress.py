"""How far a replay is, and how long it will take."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from time import monotonic

from tasks.release.warming import wants_champion
from tasks.replay.ahead import Stand
from tasks.replay.contenders import Contender
from tasks.replay.pace import pace_of, seconds_left, size_of
from tasks.replay.past import LivedPast
from tasks.replay.walk import Step

_log = logging.getLogger("perennial")
_EVERY_SECONDS = 10.0


class Progress:
    """Counts steps of all policies, and says now and then how many are left."""

    def __init__(
        self, past: LivedPast, contenders: Sequence[Contender], moments: Sequence[datetime], begin: datetime
    ) -> None:
        """``begin`` is when the history begins."""
        self._past, self._moments = past, moments
        self._size = size_of(past.scene.spec, begin)
        self._stands = {one.name: Stand(one.rules, 0, (), 0) for one in contenders}
        self._said = monotonic()
        self._lock = Lock()

    def step(self, name: str, step: Step) -> None:
        """Count one more step of a policy; any thread may."""
        with self._lock:
            self._stands[name] = _after(self._stands[name], step)
            done, steps = sum(one.done for one in self._stands.values()), len(self._stands) * len(self._moments)
            now = monotonic()
            if now - self._said < _EVERY_SECONDS and done < steps:
                return
            self._said = now
            left = self._left()
        _log.info("%s of %s steps; about %s left", done, steps, _words(left))

    def _left(self) -> float:
        scene, done = self._past.scene, self._past.done()
        return seconds_left(
            tuple(self._stands.values()),
            self._moments,
            pace_of(done.spent(self._size), done.asked),
            size=self._size,
            trained=None if wants_champion(scene.spec) else done.trained,
            cores=scene.settings.threads,
        )


def _after(stand: Stand, step: Step) -> Stand:
    trained = (*stand.trained, step.at) if step.made else stand.trained
    passed = stand.passed + bool(step.ruling and step.ruling.promotable)
    return replace(stand, done=stand.done + 1, trained=trained, passed=passed)


def _words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"
