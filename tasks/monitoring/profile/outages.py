"""Stretches of a reference without rows: a feed that stood still says nothing of what is usual."""

import numpy as np
import numpy.typing as npt

from tasks.monitoring.profile.profile import Counts, Profile

_FEW = 20
"""At most one stretch in so many windows, or two: of more, as of closed weekends, emptiness is usual."""


def without_outages(profile: Profile, *, window: int) -> Profile:
    """Return ``profile`` without the blocks of stretches in which a whole ``window`` of blocks had no row.

    Such a window is no matter of how many rows are usual: by it any number would be.
    """
    empty = _long_runs(profile.rows == 0, window)
    if not 0 < len(empty) <= max(2, len(profile.rows) // (_FEW * window)):
        return profile
    return profile.only(np.setdiff1d(np.arange(len(profile.rows)), np.concatenate(empty)))


def _long_runs(of: npt.NDArray[np.bool_], length: int) -> list[Counts]:
    """Return the places of each run of true values that is at least so long."""
    places = np.flatnonzero(of)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [run for run in runs if len(run) >= max(length, 1)]
