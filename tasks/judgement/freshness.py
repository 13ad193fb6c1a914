"""Which rows a model has not seen: only those may judge it."""

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]


def unseen(keys: Keys, seen: Keys) -> npt.NDArray[np.bool_]:
    """Return for each row whether its key is not among ``seen``, shape (rows,).

    >>> unseen(np.array([7, 8, 9], dtype=np.uint64), np.array([8, 1], dtype=np.uint64)).tolist()
    [True, False, True]
    """
    return np.isin(keys, seen, invert=True)
