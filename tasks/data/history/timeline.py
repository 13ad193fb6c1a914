"""What happened to each of many, in the order in which it became known."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tasks.data.history.ranges import Places, Sums, lowest
from tasks.data.keys import Keys
from tasks.data.matrix import FloatArray
from tasks.data.window import microseconds_of

Times = npt.NDArray[np.int64]
"""Microseconds since 1970, UTC."""
_DAY = microseconds_of(timedelta(days=1))


@dataclass(frozen=True)
class Events:
    """What happened: whose it was, when, from when on it is known, and its value; shapes (events,).

    Of those that became known at one time the later ones here are the later ones.
    """

    whose: Keys
    times: Times
    known: Times
    values: FloatArray


@dataclass(frozen=True)
class Moments:
    """For whom, and when, it is asked what was known then. Shapes (moments,)."""

    whose: Keys
    times: Times


class Timeline:
    """Events, ready to be asked what had been known of whom, when."""

    def __init__(self, events: Events) -> None:
        """Sort them: all of one by themselves, as they became known."""
        self._names, owners = np.unique(events.whose, return_inverse=True)
        self._instants, ranks = np.unique(events.known, return_inverse=True)
        places = owners * (len(self._instants) + 1) + ranks  # of owner and time together: one number to search for
        order = np.argsort(places, kind="stable")
        self._places, self.times, self.values = places[order], events.times[order], events.values[order]

    @cached_property
    def sums(self) -> Sums:
        return Sums(self.values)

    def owners(self, whose: Keys) -> Places:
        """Return the number of each one; -1 of one without events."""
        if not len(self._names):
            return np.full(len(whose), -1)
        found = np.searchsorted(self._names, whose).clip(max=len(self._names) - 1)
        return np.where(self._names[found] == whose, found, -1)

    def before(self, owners: Places, times: Times) -> Places:
        """Return the place up to which each one's events were known by ``times``; of one without events, 0."""
        ranks = np.searchsorted(self._instants, times, side="right")
        wanted = owners * (len(self._instants) + 1) + ranks
        order = np.argsort(wanted)  # to search in order is many times as fast: the next is found near the last
        found = np.empty(len(wanted), dtype=np.int64)
        found[order] = np.searchsorted(self._places, wanted[order])
        return found * (owners >= 0)


class Look:
    """Moments, each with the place in a timeline up to which it knows."""

    def __init__(self, timeline: Timeline, moments: Moments) -> None:
        self._timeline, self._times = timeline, moments.times
        self._owners = timeline.owners(moments.whose)
        self._end = timeline.before(self._owners, moments.times)
        self._starts: dict[timedelta, Places] = {}

    def tell(self, way: str, over: timedelta) -> FloatArray:
        """Return what ``way`` tells of each one's events known ``over`` such a length of time; nan: there are none.

        A count and a sum of none are 0.
        """
        line, start, end = self._timeline, self._start(over), self._end
        match way:
            case "count":
                return (end - start).astype(np.float64)
            case "sum":
                return line.sums.between(start, end)
            case "mean":
                return line.sums.between(start, end) / np.where(end > start, end - start, np.nan)
            case "min":
                return lowest(line.values, start, end)
            case "max":
                return -lowest(-line.values, start, end)
            case "days_since":
                return (self._times - _one_back(line.times, 1, start, end)) / _DAY
        return _one_back(line.values, 1 if way == "last" else int(way.removeprefix("lag:")), start, end)

    def _start(self, over: timedelta) -> Places:
        if over not in self._starts:
            self._starts[over] = self._timeline.before(self._owners, self._times - microseconds_of(over))
        return self._starts[over]


def _one_back(values: FloatArray | Times, back: int, start: Places, end: Places) -> FloatArray:
    """Return the so-many-th value from the end of each range, nan where it has fewer."""
    told = np.full(len(start), np.nan)
    there = end - start >= back
    told[there] = values[end[there] - back]
    return told
