"""Matrix products whose bits follow from the numbers alone.

A sum of floats depends on its order, and BLAS chooses that by the processor, the number of threads, and how many rows
come together. So both factors are rounded first, to whole multiples of a power of two that are small enough for every
sum of their products to have at most the 53 bits of a float64: nothing is rounded in it, and the order cannot matter
(after the error-free transformation of Ozaki, Ogita, Oishi and Rump 2012). With 128 columns 23 bits are left for each
factor; float32 has 24.
"""

from dataclasses import dataclass
from math import ceil, log2

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray

_DOUBLE = 53


@dataclass(frozen=True, eq=False)
class Factor:
    """The right side of products, rounded."""

    values: FloatArray
    """Shape (inputs, outputs)."""

    @classmethod
    def of(cls, weights: npt.NDArray[np.float32]) -> "Factor":
        largest = np.abs(weights).max(initial=0)
        return cls(_rounded(weights.astype(np.float64), largest, _bits(len(weights))))

    def times(self, rows: FloatArray) -> FloatArray:
        """Return rows @ values, shape (rows, outputs): each row the same bits whatever the others and the machine."""
        largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
        return np.asarray(_rounded(rows, largest, _bits(len(self.values))) @ self.values)


def _bits(terms: int) -> int:
    """Return how many bits each of two factors may have for the sum of so many products to be exact."""
    return (_DOUBLE - ceil(log2(max(terms, 1)))) // 2


def _rounded(values: FloatArray, largest: FloatArray, bits: int) -> FloatArray:
    """Return ``values`` as the nearest multiples of 2^-bits of the power of two above ``largest``."""
    _, exponents = np.frexp(largest)
    # Adding so large a number leaves no digit below that multiple; taking it off again gives the rounded value.
    large = np.ldexp(1.5, exponents - bits + _DOUBLE - 1)
    return np.asarray((values + large) - large)
