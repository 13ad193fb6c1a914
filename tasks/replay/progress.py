"""How far a replay is, and how long it will take."""

import logging
from threading import Lock
from time import monotonic

_log = logging.getLogger("perennial")
_EVERY_SECONDS = 10.0


class Progress:
    """Counts steps of all policies, and says now and then how many are left."""

    def __init__(self, steps: int) -> None:
        self._steps, self._done = steps, 0
        self._began = self._said = monotonic()
        self._lock = Lock()

    def step(self) -> None:
        """Count one more step; any thread may."""
        with self._lock:
            self._done += 1
            now = monotonic()
            if now - self._said < _EVERY_SECONDS and self._done < self._steps:
                return
            self._said = now
            left = (now - self._began) / self._done * (self._steps - self._done)
        _log.info("%s of %s steps; about %s left", self._done, self._steps, _words(left))


def _words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"
