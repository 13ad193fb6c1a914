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
    """What happened: whose it was, when, from when on it is known, and its value. Shapes (events,), in any order in
    which those of one time come one after the other in an order of their own.
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
        self._places, self._times, self._values = places[order], events.times[order], events.values[order]

    @cached_property
    def _sums(self) -> Sums:
        return Sums(self._values)

    def tell(self, way: str, moments: Moments, over: timedelta) -> FloatArray:
        """Return what ``way`` tells of each one's events known ``over`` such a length of time; nan: there are none.

        A count and a sum of none are 0.
        """
        start, end = self._before(moments, moments.times - microseconds_of(over)), self._before(moments, moments.times)
        match way:
            case "count":
                return (end - start).astype(np.float64)
            case "sum":
                return self._sums.between(start, end)
            case "mean":
                return self._sums.between(start, end) / np.where(end > start, end - start, np.nan)
            case "min":
                return lowest(self._values, start, end)
            case "max":
                return -lowest(-self._values, start, end)
            case "days_since":
                return (moments.times - _one_back(self._times, 1, start, end)) / _DAY
        return _one_back(self._values, 1 if way == "last" else int(way.removeprefix("lag:")), start, end)

    def _before(self, moments: Moments, times: Times) -> Places:
        """Return the place up to which each one's events were known by ``times``; of one without events, 0."""
        if not len(self._names):
            return np.zeros(len(times), dtype=np.int64)
        owners = np.searchsorted(self._names, moments.whose).clip(max=len(self._names) - 1)
        ranks = np.searchsorted(self._instants, times, side="right")
        places = np.searchsorted(self._places, owners * (len(self._instants) + 1) + ranks)
        return np.where(self._names[owners] == moments.whose, places, 0)


def _one_back(values: FloatArray | Times, back: int, start: Places, end: Places) -> FloatArray:
    """Return the so-many-th value from the end of each range, nan where it has fewer."""
    told = np.full(len(start), np.nan)
    there = end - start >= back
    told[there] = values[end[there] - back]
    return told
