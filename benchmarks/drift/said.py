"""What a contestant said, and what comes of it: delays, and alarms a year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.drift.stable import WINDOW, YEAR
from tasks.data.matrix import FloatArray

SHIFTS, SHIFTED = (0.1, 0.25, 0.5, 1.0), (1, 5)
"""In standard deviations, and of how many columns."""
Drifted = npt.NDArray[np.int64]
"""Columns that drifted, by a library's own verdict; of ours: 1 for an alarm."""


@dataclass(frozen=True)
class Said:
    """What a contestant said, again and again."""

    delays: Sequence[Drifted]
    """Of each repetition, shape (SHIFTED, SHIFTS, checks)."""
    years: Mapping[str, Sequence[Drifted]]
    """Of each world, shape (checks,) for each stable year."""
    step: int
    """Days between the checks of a stable year."""


@dataclass(frozen=True)
class Rule:
    """A contestant, and how many columns make an alarm."""

    name: str
    said: Said
    least: int = 1

    def delays(self, shifted: int, shift: float) -> FloatArray:
        """Return the number of the first check that alarms, inf where none does, shape (repetitions,)."""
        place = SHIFTED.index(shifted), SHIFTS.index(shift)
        above = np.array([found[place] for found in self.said.delays]) >= self.least
        return np.where(above.any(axis=1), above.argmax(axis=1) + 1.0, np.inf)

    def rates(self, world: str) -> FloatArray:
        """Return the alarms of each stable year; one that goes on counts once a window."""
        from tasks.monitoring.profile.calibration import alarms

        years = [found >= self.least for found in self.said.years[world]]
        silent = WINDOW // self.said.step
        return np.array([alarms(year[None, :], silent) * YEAR / (len(year) * self.said.step) for year in years])
