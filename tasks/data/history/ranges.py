"""What is told of ranges of an array: many ranges at once, whatever their lengths."""

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray

Places = npt.NDArray[np.int64]
LARGEST = 2.0**72
"""Sums are told of values that are smaller."""
_PIECES = (32, 0, -32, -64)


class Sums:
    """Sums of ranges, to the last bit those of the values alone, whatever stands before them in the array.

    A running sum of floats would carry the rounding of all that it has passed: one row, read with a longer or a
    shorter past, would have two values. Each value is parted into whole numbers of 2³², 1, 2⁻³² and 2⁻⁶⁴; running sums
    of those are exact, and wrap around without harm. What is finer than 2⁻⁶⁴ is cut off.
    """

    def __init__(self, values: FloatArray) -> None:
        """Take ``values`` of shape (n,), each smaller than ``LARGEST``."""
        self._running: dict[int, Places] = {}
        rest = values
        for power in _PIECES:
            piece = np.trunc(np.ldexp(rest, -power))
            if piece.any():
                rest = rest - np.ldexp(piece, power)
                self._running[power] = np.concatenate([[0], np.cumsum(piece.astype(np.int64))])

    def between(self, start: Places, end: Places) -> FloatArray:
        """Return the sum of each half-open range, shape (ranges,)."""
        total = np.zeros(len(start))
        for power, running in self._running.items():
            total += np.ldexp((running[end] - running[start]).astype(np.float64), power)
        return total


def lowest(values: FloatArray, start: Places, end: Places) -> FloatArray:
    """Return the least of ``values`` in each half-open range, shape (ranges,); nan of an empty one.

    A range is covered by two of the same length, a power of 2, of which all the least are found by halves: Bender and
    Farach-Colton 2000, "The LCA problem revisited". One length is in memory at a time.
    """
    told = np.full(len(start), np.nan)
    powers = np.frexp((end - start).astype(np.float64))[1] - 1  # of an empty range: -1
    least, length = values, 1
    for power in range(int(powers.max(initial=-1)) + 1):
        mine = np.flatnonzero(powers == power)
        told[mine] = np.minimum(least[start[mine]], least[end[mine] - length])
        least = np.minimum(least[:-length], least[length:])
        length *= 2
    return told
