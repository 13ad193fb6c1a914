"""An hour of schedules in a few minutes: which of the runs that were due came to be, once each, and how late."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.stack.world import Stack

_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
_LONGEST = timedelta(minutes=30)
"""After the last run was due."""
NO_CHAMPION = "there is no champion"
"""What a check of a model says that was never trained: it has read its spec, contract and ledger by then."""


@dataclass(frozen=True)
class Hour:
    """What became of the runs that were due."""

    due: int
    missing: int
    """Never made by the scheduler."""
    doubled: int
    unfinished: tuple[str, ...]
    """The states of runs that had not ended: one that is Late still waited for a place."""
    wrong: int
    """Ended otherwise than a check of a model without a champion does."""
    late: Sequence[float]
    """Seconds from when each was due to when its flow began."""
    took: Sequence[float]
    """Seconds from there to its end."""
    seconds: float
    """From the first that was due to the end of the last."""

    @property
    def lost(self) -> int:
        return self.missing + len(self.unfinished)


def minutes_of(names: Sequence[str], start: datetime, over: int) -> dict[str, int]:
    """Return at which minute of the hour each model is due: all within ``over`` minutes from ``start``."""
    return {name: (start + timedelta(minutes=i % over)).minute for i, name in enumerate(names)}


def wait_for_runs(stack: Stack, names: Sequence[str], start: datetime, over: int) -> float:
    """Wait until Prefect's scheduler has made a run for each model's next check; return when (Unix time) that was."""
    deadline = time.monotonic() + 300
    while len({run["deployment_id"] for run in _due(stack, start, over)}) < len(names):
        if time.monotonic() > deadline:
            break  # what is missing is counted at the end
        time.sleep(1)
    return time.time()


def spend(stack: Stack, names: Sequence[str], start: datetime, over: int) -> Hour:
    """Wait until all that is due has ended, or for too long, and return what became of it."""
    last = start + timedelta(minutes=over)
    while datetime.now(UTC) < last + _LONGEST:
        runs = _due(stack, start, over)
        if datetime.now(UTC) > last and all(run["state_type"] in _ENDED for run in runs):
            break
        time.sleep(5)
    return _hour(_due(stack, start, over), names)


def _due(stack: Stack, start: datetime, over: int) -> list[dict[str, Any]]:
    within = {"after_": start.isoformat(), "before_": (start + timedelta(minutes=over, seconds=-1)).isoformat()}
    wanted = {"expected_start_time": within, "tags": {"all_": ["perennial"]}}
    return [run for run in stack.runs(wanted) if run["auto_scheduled"]]


def _hour(runs: Sequence[dict[str, Any]], names: Sequence[str]) -> Hour:
    times = Counter(run["deployment_id"] for run in runs)
    began = [run for run in runs if run["start_time"]]
    ended = [run for run in began if run["end_time"]]
    first = min(_time(run, "expected_start_time") for run in runs)
    return Hour(
        due=len(names),
        missing=len(names) - len(times),
        doubled=sum(count - 1 for count in times.values()) + sum(run["run_count"] > 1 for run in runs),
        unfinished=tuple(run["state_name"] for run in runs if run["state_type"] not in _ENDED),
        wrong=sum(NO_CHAMPION not in (run["state"]["message"] or "") for run in ended),
        late=[(_time(run, "start_time") - _time(run, "expected_start_time")).total_seconds() for run in began],
        took=[(_time(run, "end_time") - _time(run, "start_time")).total_seconds() for run in ended],
        seconds=(max(_time(run, "end_time") for run in ended) - first).total_seconds(),
    )


def _time(run: dict[str, Any], what: str) -> datetime:
    return datetime.fromisoformat(run[what])
