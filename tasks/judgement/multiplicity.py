"""Many tests at once: which of them may be believed."""

from collections.abc import Sequence
from math import isnan


def holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Return which hypotheses are rejected so that one that is true is among them at most ``alpha`` of the time.

    Whatever the tests have to do with one another: Holm 1979, Scandinavian Journal of Statistics 6(2). A nan is
    no test and counts for nothing.

    >>> holm([0.03, 0.001, float("nan"), 0.04], 0.05)
    [False, True, False, False]
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if not isnan(p))
    rejected = [False] * len(p_values)
    for rank, (p, place) in enumerate(tested):
        if p > alpha / (len(tested) - rank):
            break
        rejected[place] = True
    return rejected
