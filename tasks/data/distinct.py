"""The distinct of many whole numbers."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", bound=np.integer)


def distinct(numbers: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Return each of ``numbers`` once, in order, shape (distinct,).

    ``numpy.unique`` does so by a hash table since numpy 2.3, and takes a hundred times as long for three million that
    all differ: 6 s beside 0.05.
    """
    ordered = np.sort(numbers, axis=None)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    found: npt.NDArray[Number] = ordered[first]
    return found
