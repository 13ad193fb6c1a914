"""From when to when a replay goes, and at which moments its policies decide."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.data.contract import Contract
from tasks.data.ingestion import ingest_window
from tasks.data.snapshot import Snapshot
from tasks.data.window import Window, write_time
from tasks.errors import NotEnoughData, SettingsError
from tasks.settings import Settings
from tasks.spec import ModelSpec, write_duration

FEWEST = 4
"""Moments below which there is nothing to tell policies apart by."""


@dataclass(frozen=True)
class Stretch:
    """A part of a model's history, and the rows of all of it."""

    history: Snapshot
    first: datetime
    """When the first model is trained, that every policy begins with."""
    moments: tuple[datetime, ...]
    """When each policy decides: equal steps."""

    @property
    def step(self) -> timedelta:
        return self.moments[0] - self.first

    @property
    def end(self) -> datetime:
        return self.moments[-1]


def find_stretch(spec: ModelSpec, contract: Contract, settings: Settings, *, asked: Window, step: timedelta) -> Stretch:
    """Return the stretch that is asked for; by default all that there is, once a first model can be trained.

    Raises:
        NotEnoughData: it has fewer than ``FEWEST`` steps.
        SettingsError: it begins before a first model can be trained.
    """
    history = ingest_window(spec, contract, settings, window=Window(None, asked.end), as_of=asked.end)
    assert history.raw.start is not None
    assert history.raw.end is not None
    possible = history.raw.start + _needed(spec)
    first = asked.start or _whole_day(history.raw.start + _wanted(spec, history.raw.end - history.raw.start))
    if first < possible:
        raise SettingsError(
            f"--from: found {write_time(first)}; allowed: from {write_time(possible)} on, since the first rows are of "
            f"{write_time(history.raw.start)}, and a first model needs {write_duration(_needed(spec))} of them"
        )
    last = min(asked.end, history.raw.end)
    steps = max(int((last - first) / step), 0)
    if steps < FEWEST:
        raise NotEnoughData(
            f"{spec.model}: from {write_time(first)}, when a first model can be trained, to {write_time(last)} there "
            f"are {steps} steps of {write_duration(step)}; at least {FEWEST} are needed. Take shorter steps with "
            "--every, or wait"
        )
    return Stretch(history.raw, first, tuple(first + (number + 1) * step for number in range(steps)))


def _needed(spec: ModelSpec) -> timedelta:
    """Return how much history a first model needs: to train on the shortest length asked, or on as much as chooses."""
    window, delay = spec.window, spec.source.label_delay
    finite = [length for length in window.lengths if length != "all"]
    train = min(finite) if finite else window.validation
    return train + window.validation + window.holdout + 2 * delay


def _wanted(spec: ModelSpec, history: timedelta) -> timedelta:
    """Return how much history a first model gets where nobody says: to train on as much as chooses and judges.

    A model of fewer rows makes *never* look worse than it is. Where that would take more than half of the history, it
    gets what it needs.
    """
    roomy = _needed(spec)
    if all(length == "all" for length in spec.window.lengths):
        roomy += spec.window.holdout
    return roomy if roomy <= history / 2 else _needed(spec)


def _whole_day(time: datetime) -> datetime:
    """Return the next midnight, UTC, from ``time`` on."""
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if day == time else day + timedelta(days=1)
