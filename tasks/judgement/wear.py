"""A holdout wears out: each verdict that rows have served for makes the next one on them worth less."""

import numpy as np
import numpy.typing as npt

Uses = npt.NDArray[np.int64]


def spent(alpha: float, uses: Uses) -> float:
    """Return the alpha that is left for one more attempt on rows that have judged ``uses`` times before.

    The first attempt on fresh rows has all of it, and each further one on the same rows half of what the one
    before had. Alphas add up at most (Bonferroni), so however many challengers are tried on the same rows, one that is
    no better is promoted with a probability below 2·alpha in all; spent whole each time, it would come to
    1 - (1 - alpha)^attempts. Rows used differently often count by their mean.

    >>> spent(0.05, np.array([0, 0, 1, 1]))
    0.035355339059327376
    """
    return float(alpha * 2.0 ** -uses.mean()) if len(uses) else alpha
