"""The values that a column of numbers takes again and again, and those that it never took."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.triage.sample import Sample

_RECURRING = 0.9
"""So many of later values must be among earlier ones; else values do not recur, and a new one means nothing."""
_TAIL = 0.02
"""Of the values that were seen, on either side."""
_TELLABLE = 0.5
"""So many later values must lie where earlier ones do, to say whether values recur."""
_DIGITS = 6
"""Values are compared to so many digits: a map undone is exact to fifteen, what was rounded in between is not."""


@dataclass(frozen=True)
class Grid:
    """The values that were seen before the current window."""

    known: FloatArray
    """Rounded, sorted, each once."""
    low: float
    high: float
    """Between these nearly all of them lie: beyond, too few were seen to say what is not among them."""
    strange: float
    """Share of values that are not among them though nothing is wrong."""

    def has(self, values: FloatArray) -> npt.NDArray[np.bool_]:
        """Say of each value whether it was seen before; a missing one was not."""
        rounded = _rounded(values)
        places = np.searchsorted(self.known, rounded).clip(0, len(self.known) - 1)
        # Of two neighbours, as the last bits of a rounding may put a value on either side of its like.
        near = (np.isclose(self.known[place], rounded, rtol=1e-9) for place in (places, np.maximum(places - 1, 0)))
        return np.asarray(np.logical_or(*near))

    def share(self, values: FloatArray) -> float:
        """Return the share of ``values`` that were seen before; 0 of none."""
        return float(self.has(values).mean()) if len(values) else 0.0

    def within(self, values: FloatArray) -> FloatArray:
        """Return the values of which it can be said whether they are on the grid."""
        return values[(values >= self.low) & (values <= self.high)]


def grid(reference: Sample, before: Sample | None) -> Grid | None:
    """Return the values that a column of numbers takes; None: they hardly recur, or there are none."""
    pairs = [(reference.present, before.present), _halves(before)] if before else [_halves(reference)]
    for earlier, later in pairs:  # the season may have left the reference's range: then the window before speaks alone
        if len(earlier) and len(later) and (strange := _strange(earlier, later)) is not None:
            return _both(reference, before, strange) if strange <= 1 - _RECURRING else None
    return None


def _strange(earlier: FloatArray, later: FloatArray) -> float | None:
    """Return the share of later values that are not among earlier ones; None: nearly all are larger or smaller."""
    seen = _grid(earlier)
    tellable = seen.within(later)
    return 1 - seen.share(tellable) if len(tellable) >= len(later) * _TELLABLE else None


def _both(reference: Sample, before: Sample | None, strange: float) -> Grid:
    parts = [_grid(part.present) for part in (reference, before) if part and len(part.present)]
    known = np.unique(np.concatenate([part.known for part in parts]))
    return Grid(known, min(part.low for part in parts), max(part.high for part in parts), strange)


def _grid(values: FloatArray) -> Grid:
    low, high = np.quantile(values, [_TAIL, 1 - _TAIL])
    return Grid(np.unique(_rounded(values)), float(low), float(high), 0.0)


def _halves(part: Sample) -> tuple[FloatArray, FloatArray]:
    middle, last = int(np.median(part.times)), int(part.times[-1]) + 1
    return part.between(0, middle).present, part.between(middle, last).present


def _rounded(values: FloatArray) -> FloatArray:
    size = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.maximum(np.abs(np.nan_to_num(values)), 1e-12))))
    return np.asarray(np.round(values * size) / size, dtype=np.float64)
