"""Which stretch of time trains, which chooses and which judges: by how many labelled rows are in it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from tasks.data.window import microseconds, microseconds_of

Times = npt.NDArray[np.int64]
"""Microseconds since 1970, UTC, sorted."""
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
LENGTHS = (
    *(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(timedelta(days=days) for days in (1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56, 70, 91, 120, 150, 182, 240, 300, 365)),
    *(timedelta(days=days) for days in (500, 730, 1000, 1460, 2190, 3650)),
)
_SHARE = 0.2
"""Of the rows that judge, and of the others those that choose; unless less than that is plenty."""
_PLENTY = 20_000
_DAYS_TO_JUDGE = 14
"""The fewest, where there is a history to spare: from ten blocks on, blocks can be drawn again."""
_RECENT = 500
"""Rows: of fewer, luck would choose a short window where nothing changes."""


@dataclass(frozen=True)
class Recent:
    """A stretch just before validation."""

    length: timedelta
    rows: int


@dataclass(frozen=True)
class Parts:
    """Lengths of the windows, with their labelled rows."""

    validation: timedelta
    holdout: timedelta
    recent: Recent | None
    """The newest part of train, that may be tried beside all of it."""
    trains: int
    chooses: int
    judges: int


@dataclass(frozen=True)
class LabelTimes:
    """When rows with a label were."""

    known: Times
    span: timedelta
    """Of all rows."""
    by_order: bool
    """The order of rows stands for their time, whose lengths mean nothing."""


def part(times: LabelTimes, as_of: datetime, delay: timedelta) -> Parts:
    """Return the windows that end at ``as_of``, with labels that arrive ``delay`` after the event."""
    holdout, judges = _length(times, as_of - delay)
    chosen_by = as_of - 2 * delay - holdout
    older = LabelTimes(times.known[times.known < microseconds(chosen_by)], times.span, times.by_order)
    validation, chooses = _length(older, chosen_by)
    train = older.known[older.known < microseconds(chosen_by - validation)]
    recent = None if times.by_order else _recent(train, chosen_by - validation)
    return Parts(validation, holdout, recent, len(train), chooses, judges)


def _length(times: LabelTimes, end: datetime) -> tuple[timedelta, int]:
    """Return how long before ``end`` to reach back for rows enough, and how many these are."""
    inside = times.known[times.known < microseconds(end)]
    wanted = min(max(int(_SHARE * len(inside)), 4), _PLENTY)
    enough = not times.by_order and times.span >= 10 * _DAYS_TO_JUDGE * _DAY
    least = _DAYS_TO_JUDGE * _DAY if enough else timedelta(0)
    for length in () if times.by_order else LENGTHS:
        rows = int(np.sum(inside >= microseconds(end - length)))
        if rows >= wanted and length >= least and rows <= 0.35 * len(inside):
            return length, rows
    return _exactly(inside, end, wanted)


def moment(microseconds_since: np.int64) -> datetime:
    """Return the time, so long after 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds_since))


def _recent(train: Times, end: datetime) -> Recent | None:
    """Return the newest quarter of train's time, if that has rows enough to learn from by itself."""
    quarter = (end - moment(train[0])) / 4 if len(train) else timedelta(0)
    length = max((length for length in LENGTHS if length <= quarter), default=timedelta(0))
    rows = int(np.sum(train >= microseconds(end - length)))
    return Recent(length, rows) if _RECENT <= rows < len(train) else None


def _exactly(inside: Times, end: datetime, wanted: int) -> tuple[timedelta, int]:
    """Return the length, in whole minutes, that has the newest rows that are ``wanted``."""
    reach = microseconds(end) - int(inside[-wanted]) if len(inside) else 0
    length = timedelta(minutes=max(-(-reach // microseconds_of(_MINUTE)), 1))
    return length, int(np.sum(inside >= microseconds(end - length)))
