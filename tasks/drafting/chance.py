"""Does the order of parts in time matter, or would any order of them look like this?

A model that learned from few rows is lucky or not with them, and an interval over the rows that judge does not know
of that. But if nothing changes with time, the parts that models learned from can change places, luck and all: so the
order that they have is compared with every other (a Mantel test: Mantel 1967, Cancer Research 27). Of 60 streams of
1,000 rows in which nothing changed, the interval alone called 14 ageing; with the order, one.
"""

from itertools import permutations

import numpy as np

from tasks.data.matrix import FloatArray


def chance_of_order(costs: FloatArray) -> float:
    """Return the share of all orders in which costs grow with the distance in time as much as in this one, or more.

    ``costs[i, j]`` is what the model of part i loses on part j, shape (parts, parts); its diagonal is not read. What
    makes a part hard for all models, or a model bad on all parts, does not count. At most some seven parts.
    """
    count = len(costs)
    left = _without_sides(costs)
    places = np.arange(count)
    distance = np.abs(places[:, None] - places[None, :])
    orders = np.array(list(permutations(range(count))))
    grown = (distance[orders[:, :, None], orders[:, None, :]] * left).sum(axis=(1, 2))
    return float((grown >= grown[0] - 1e-9 * np.abs(grown).max()).mean())


def _without_sides(costs: FloatArray) -> FloatArray:
    """Return what is left of ``costs`` beside an effect of each row and of each column; 0 on the diagonal."""
    count = len(costs)
    apart = ~np.eye(count, dtype=bool)
    model, part = np.nonzero(apart)
    sides = np.hstack([np.eye(count)[model], np.eye(count)[part]])
    found, *_ = np.linalg.lstsq(sides, costs[apart], rcond=None)
    left = np.zeros_like(costs)
    left[apart] = costs[apart] - sides @ found
    return left
