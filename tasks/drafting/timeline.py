"""Which stretch of time trains, chooses and judges, how often to look, and when: from when rows were."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from tasks.data.distinct import distinct
from tasks.data.window import microseconds, microseconds_of
from tasks.drafting.parts import LENGTHS, LabelTimes, Recent, Times, moment, part
from tasks.drafting.survey import Survey
from tasks.errors import NotEnoughData
from tasks.spec.values import write_duration

FEWEST_ROWS = 20
"""Labelled rows: of fewer, five train, five choose and five judge, and nothing can be said of anything."""
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_WATCH = (
    (6 * _HOUR, _HOUR), (_DAY, 6 * _HOUR), (_DAY, _DAY), (7 * _DAY, _DAY), (14 * _DAY, _DAY), (28 * _DAY, 7 * _DAY),
    (91 * _DAY, 7 * _DAY), (182 * _DAY, 14 * _DAY), (364 * _DAY, 28 * _DAY),
)  # fmt: skip
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
    recent: Recent | None
    """The newest part of train, to be tried beside all of it."""
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
    first, last = moment(times[0]), moment(times[-1])
    delay = _delay(times, known)
    by_order, delay = ends is not None, timedelta(0) if ends else delay
    as_of = ends or _after(times)
    parts = part(LabelTimes(known, last - first, by_order), as_of, delay)
    if min(parts.trains, parts.chooses, parts.judges) < 4:
        raise NotEnoughData(
            f"rows lie too unevenly in time, from {first:%Y-%m-%d} to {last:%Y-%m-%d}, to train, choose and judge one "
            f"after the other: {parts.trains:,}, {parts.chooses:,} and {parts.judges:,} rows"
        )
    moments = distinct(times)
    steps: Times = np.diff(moments)
    window, every = _watching(times, parts.validation, steps, by_order=by_order)
    return Timeline(
        rows=len(times), labelled=len(known), start=first, end=last, as_of=as_of,
        usual_step=timedelta(microseconds=float(np.median(steps))), gaps=_gaps(moments), delay=delay,
        validation=parts.validation, holdout=parts.holdout, recent=parts.recent,
        trains=parts.trains, chooses=parts.chooses, judges=parts.judges,
        window=window, every=every, block=None if by_order else _block(parts.holdout, parts.judges),
        live=not by_order and abs(now - as_of) <= max(2 * every, 2 * _DAY), volume=_volume(times, as_of),
    )  # fmt: skip


def _volume(times: Times, as_of: datetime) -> tuple[int, ...]:
    counts, _ = np.histogram(times, STRETCHES, (float(times[0]), float(microseconds(as_of))))
    return tuple(counts.tolist())


def _after(times: Times) -> datetime:
    """Return the first day, hour or minute after the last row, whichever all times are whole ones of.

    No later: the last part of a window that ends there would lack rows, and look like a feed that broke.
    """
    size = next((size for size in (_DAY, _HOUR) if not np.any(times % microseconds_of(size))), _MINUTE)
    whole = microseconds_of(size)
    return moment(np.int64((int(times[-1]) // whole + 1) * whole))


def _delay(times: Times, known: Times) -> timedelta:
    """Return how long after the event labels arrive, if the newest rows, and hardly others, have none."""
    newer = int(np.sum(times > known[-1]))
    unlabelled = len(times) - len(known)
    if newer < 5 or newer < 0.5 * unlabelled:
        return timedelta(0)
    seen = timedelta(microseconds=int(times[-1] - known[-1]))
    return next((length for length in LENGTHS if length >= seen), seen)


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
    return tuple(Gap(moment(moments[place]), moment(moments[place + 1])) for place in sorted(longest))


def describe(line: Timeline) -> str:
    """Return the cadence and the volume in words."""
    step = write_duration(line.usual_step) if line.usual_step >= _MINUTE else f"{line.usual_step.total_seconds():g} s"
    days = max(line.covered / _DAY, 1e-9)
    volume = f"{line.rows / days:,.0f} rows a day" if line.rows >= days else f"{7 * line.rows / days:,.1f} rows a week"
    return f"one moment every {step} as a rule, {volume}"
