"""How far a replay is, and how long it will take."""

import logging
from collections.abc import Mapping, Sequence
from threading import Lock
from time import monotonic

_log = logging.getLogger("perennial")
_EVERY_SECONDS = 10.0


class Progress:
    """Counts the steps of all policies, and says now and then how many are left."""

    def __init__(self, policies: Sequence[str], steps: int) -> None:
        self._steps = steps
        self._done: dict[str, list[float]] = {name: [] for name in policies}
        self._began = self._said = monotonic()
        self._lock = Lock()

    def step(self, policy: str) -> None:
        """Count one more step of ``policy``; any thread may."""
        with self._lock:
            now = monotonic()
            self._done[policy].append(now - self._began)
            done, of = sum(map(len, self._done.values())), self._steps * len(self._done)
            if now - self._said < _EVERY_SECONDS and done < of:
                return
            self._said = now
            left = seconds_left(self._done, self._steps, now - self._began)
        _log.info("%s of %s steps; about %s left", done, of, _words(left))


def seconds_left(done: Mapping[str, Sequence[float]], steps: int, now: float) -> float:
    """Return in how many seconds the last policy will have made all ``steps``.

    ``done`` holds when each policy made its steps so far, in seconds, as ``now`` is. Policies walk side by side, and
    one that trains at each step is the last. What it took for the later half of its steps is what the next will take:
    histories grow, and so do trainings.
    """
    return max(_left(times, steps, now) for times in done.values())


def _left(times: Sequence[float], steps: int, now: float) -> float:
    if not times:
        return now * steps
    half = len(times) // 2
    since = times[half - 1] if half else 0.0
    each = (times[-1] - since) / (len(times) - half)
    return max(each * (steps - len(times)) - (now - times[-1]), 0.0)


def _words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"
