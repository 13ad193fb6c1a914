"""Which stretch of time trains, chooses and judges, how often to look, and when: from when rows were."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from tasks.data.distinct import distinct
from tasks.data.window import microseconds, microseconds_of
from tasks.drafting.survey import Survey
from tasks.errors import NotEnoughData
from tasks.spec.values import write_duration

Times = npt.NDArray[np.int64]
FEWEST_ROWS = 20
"""Labelled rows: of fewer, five train, five choose and five judge, and nothing can be said of anything."""
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_LENGTHS = (
    *(timedelta(hours=hours) for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(timedelta(days=days) for days in (1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56, 70, 91, 120, 150, 182, 240, 300, 365)),
    *(timedelta(days=days) for days in (500, 730, 1000, 1460, 2190, 3650)),
)
_WATCH = (
    (6 * _HOUR, _HOUR), (_DAY, 6 * _HOUR), (_DAY, _DAY), (7 * _DAY, _DAY), (14 * _DAY, _DAY), (28 * _DAY, 7 * _DAY),
    (91 * _DAY, 7 * _DAY), (182 * _DAY, 14 * _DAY), (364 * _DAY, 28 * _DAY),
)  # fmt: skip
_SHARE = 0.2
"""Of the rows that judge, and of the others those that choose; unless less than that is plenty."""
_PLENTY = 20_000
_DAYS_TO_JUDGE = 14
"""The fewest, where there is a history to spare: from ten blocks on, blocks can be drawn again."""
_GAP = 20
STRETCHES = 60


@dataclass(frozen=True)
class Gap:
    """A stretch without rows that is much longer than usual."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Timeline:
    """What was made of the times of all rows."""

    rows: int
    labelled: int
    start: datetime
    end: datetime
    """Of the first and of the last row."""
    as_of: datetime
    """Just after the last row."""
    usual_step: timedelta
    """From one moment to the next, the median."""
    gaps: tuple[Gap, ...]
    delay: timedelta
    """After which labels are seen to arrive."""
    validation: timedelta
    holdout: timedelta
    trains: int
    chooses: int
    judges: int
    """Labelled rows of train, validation and holdout."""
    window: timedelta
    every: timedelta
    """Of a check for drift."""
    block: timedelta | None
    """Rows of which may depend on each other; None: rows do not."""
    live: bool
    """The newest row is so new that rows seem to be coming."""
    volume: tuple[int, ...]
    """Rows in each of ``STRETCHES`` equally long stretches from the first row to ``as_of``."""

    @property
    def covered(self) -> timedelta:
        """How long rows came: from the first to the last, without gaps."""
        return self.end - self.start - sum((gap.end - gap.start for gap in self.gaps), timedelta(0))

    @property
    def fewest(self) -> int:
        """The rows below which a part decides nothing."""
        return max(2, min(200, self.judges // 2, self.chooses // 2, self.trains // 4))


def plan(survey: Survey, now: datetime, *, ends: datetime | None = None) -> Timeline:
    """Return windows for the rows of ``survey``; with ``ends`` the order of rows stands for their time, until then.

    Raises:
        NotEnoughData: there are too few labelled rows, or they are all of one time.
    """
    times, known = np.sort(survey.times), np.sort(survey.times[survey.labelled])
    if len(known) < FEWEST_ROWS:
        raise NotEnoughData(
            f"{len(known):,} rows have a label; at least {FEWEST_ROWS} are needed to train, choose and judge"
        )
    first, last = _moment(times[0]), _moment(times[-1])
    delay = _delay(times, known)
    by_order, delay = ends is not None, timedelta(0) if ends else delay
    as_of = ends or _after(times)
    holdout, judges = _length(known, as_of - delay, span=last - first, by_order=by_order)
    choosing_until = as_of - 2 * delay - holdout
    before = known[known < microseconds(choosing_until)]
    validation, chooses = _length(before, choosing_until, span=last - first, by_order=by_order)
    trains = int(np.sum(before < microseconds(choosing_until - validation)))
    if min(trains, chooses, judges) < 4:
        raise NotEnoughData(
            f"rows lie too unevenly in time, from {first:%Y-%m-%d} to {last:%Y-%m-%d}, to train, choose and judge one "
            f"after the other: {trains:,}, {chooses:,} and {judges:,} rows"
        )
    moments = distinct(times)
    steps: Times = np.diff(moments)
    window, every = _watching(times, validation, steps, by_order=by_order)
    return Timeline(
        rows=len(times), labelled=len(known), start=first, end=last, as_of=as_of,
        usual_step=timedelta(microseconds=float(np.median(steps))), gaps=_gaps(moments), delay=delay,
        validation=validation, holdout=holdout, trains=trains, chooses=chooses, judges=judges,
        window=window, every=every, block=None if by_order else _block(holdout, judges),
        live=not by_order and abs(now - as_of) <= max(2 * every, 2 * _DAY), volume=_volume(times, as_of),
    )  # fmt: skip


def _moment(microseconds_since: np.int64) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(microseconds_since))


def _volume(times: Times, as_of: datetime) -> tuple[int, ...]:
    counts, _ = np.histogram(times, STRETCHES, (float(times[0]), float(microseconds(as_of))))
    return tuple(counts.tolist())


def _after(times: Times) -> datetime:
    """Return the first day, hour or minute after the last row, whichever all times are whole ones of.

    No later: the last part of a window that ends there would lack rows, and look like a feed that broke.
    """
    size = next((size for size in (_DAY, _HOUR) if not np.any(times % microseconds_of(size))), _MINUTE)
    whole = microseconds_of(size)
    return _moment(np.int64((int(times[-1]) // whole + 1) * whole))


def _delay(times: Times, known: Times) -> timedelta:
    """Return how long after the event labels arrive, if the newest rows, and hardly others, have none."""
    newer = int(np.sum(times > known[-1]))
    unlabelled = len(times) - len(known)
    if newer < 5 or newer < 0.5 * unlabelled:
        return timedelta(0)
    seen = timedelta(microseconds=int(times[-1] - known[-1]))
    return next((length for length in _LENGTHS if length >= seen), seen)


def _length(known: Times, end: datetime, *, span: timedelta, by_order: bool) -> tuple[timedelta, int]:
    """Return how long before ``end`` to reach back for rows enough, and how many these are."""
    inside = known[known < microseconds(end)]
    wanted = min(max(int(_SHARE * len(inside)), 4), _PLENTY)
    long_enough = timedelta(0) if by_order or span < 10 * _DAYS_TO_JUDGE * _DAY else _DAYS_TO_JUDGE * _DAY
    for length in () if by_order else _LENGTHS:
        rows = int(np.sum(inside >= microseconds(end - length)))
        if rows >= wanted and length >= long_enough and rows <= 0.35 * len(inside):
            return length, rows
    return _exactly(inside, end, wanted)


def _exactly(inside: Times, end: datetime, wanted: int) -> tuple[timedelta, int]:
    """Return the length, in whole minutes, that has the newest rows that are ``wanted``."""
    reach = microseconds(end) - int(inside[-wanted]) if len(inside) else 0
    length = timedelta(minutes=max(-(-reach // microseconds_of(_MINUTE)), 1))
    return length, int(np.sum(inside >= microseconds(end - length)))


def _watching(times: Times, longest: timedelta, steps: Times, *, by_order: bool) -> tuple[timedelta, timedelta]:
    """Return the length of a window that has rows enough to be compared, and the time between checks."""
    usual = timedelta(microseconds=float(np.median(steps)))
    wanted = min(500, max(20, len(times) // 20))
    span = timedelta(microseconds=int(times[-1] - times[0]))
    least = 7 * _DAY if span >= 56 * _DAY and not by_order else timedelta(0)  # people live by weeks
    for window, every in _WATCH:
        if every >= usual and least <= window <= span / 4:
            starts = np.arange(times[0], times[-1] - microseconds_of(window) + 1, microseconds_of(window))
            counts = np.diff(np.searchsorted(times, np.append(starts, starts[-1] + microseconds_of(window))))
            if np.median(counts) >= wanted:
                return window, every
    return longest, longest


def _block(holdout: timedelta, rows: int) -> timedelta | None:
    """Return a day, or an hour where few days judge; None where a block would be a row."""
    size = _DAY if holdout >= 10 * _DAY else _HOUR
    return size if rows >= 2 * (holdout / size) else None


def _gaps(moments: Times) -> tuple[Gap, ...]:
    """Return the three longest stretches without rows, if they are far longer than nearly all others."""
    steps = np.diff(moments)
    if len(steps) < _GAP:
        return ()
    usual = max(float(np.quantile(steps, 0.99)), float(np.median(steps)) * 2)
    longest = sorted(np.flatnonzero(steps > _GAP * usual), key=lambda place: -steps[place])[:3]
    return tuple(Gap(_moment(moments[place]), _moment(moments[place + 1])) for place in sorted(longest))


def describe(line: Timeline) -> str:
    """Return the cadence and the volume in words."""
    step = write_duration(line.usual_step) if line.usual_step >= _MINUTE else f"{line.usual_step.total_seconds():g} s"
    days = max(line.covered / _DAY, 1e-9)
    volume = f"{line.rows / days:,.0f} rows a day" if line.rows >= days else f"{7 * line.rows / days:,.1f} rows a week"
    return f"one moment every {step} as a rule, {volume}"
