"""CARA, a method of the literature, as a contestant, as we read the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

import numpy as np

from benchmarks.repetition import generator
from benchmarks.replay.aged import ends, features_of, labelled_ends, loss_of, price_of_training
from benchmarks.replay.copied import Copied
from tasks.data.matrix import FloatArray
from tasks.replay.episodes import InUse
from tasks.replay.trainings import Made

_MOST_QUERIES = 300
_THRESHOLDS = 40


def cara(copied: Copied, champion: InUse, at: datetime) -> bool:
    """Keep a model until it is too stale: Mahadevan and Mathioudakis 2023, arXiv 2310.04216, with both thresholds.

    The staleness of a model is its loss on the labelled rows, each weighted by how similar the rows to be predicted
    are to it. The threshold, on a step's staleness or on the sum since the training, is the one of the least cost on
    an earlier part of the stream; whatever is trained is promoted. Two departures, both in its favour: the loss that
    the model had on its own holdout is no staleness, since else any task with noise calls for a training at each
    step; and its threshold is tuned in hindsight on the first half of the very stream, of which it knows nothing yet.
    """
    rule = copied.once("cara", lambda: _tuned(copied, champion))
    steps = labelled_ends(copied, champion.made.as_of, at)
    return _is_stale(rule, [_staleness(copied, champion.made, end) for end in steps])


@dataclass(frozen=True)
class _Rule:
    threshold: float
    summed: bool
    """Over the steps since the training."""


def _is_stale(rule: _Rule, found: Sequence[float]) -> bool:
    return bool(found) and (sum(found) if rule.summed else found[-1]) > rule.threshold


def _tuned(copied: Copied, champion: InUse) -> _Rule:
    """Return the rule of the least cost over the first half of the stream."""
    scene, first = copied.past.scene, champion.made.as_of
    moments = list(ends(first, first + (scene.end - first) / 2, scene.step))
    models = [champion.made, *(copied.past.train(at, None) for at in moments)]
    matrix = [[_staleness(copied, model, end) for end in moments] for model in models]
    kept = [value for place, row in enumerate(matrix) for value in row[place:]]
    levels = [*np.quantile(kept, np.linspace(0, 1, _THRESHOLDS)).tolist(), inf]
    rules = [_Rule(factor * level, summed) for level in levels for summed, factor in ((False, 1), (True, 3))]
    return min(rules, key=lambda rule: _cost(rule, matrix, price_of_training(copied)))


def _cost(rule: _Rule, matrix: Sequence[Sequence[float]], price: float) -> float:
    """Return what a rule would have cost: what is kept costs its staleness, a training its price."""
    total, model, since = 0.0, 0, 0
    for step in range(len(matrix[0])):
        if _is_stale(rule, matrix[model][since : step + 1]):
            total, model, since = total + price, step + 1, step + 1
        else:
            total += max(matrix[model][step], 0.0)
    return total


def _staleness(copied: Copied, made: Made, end: datetime) -> float:
    """Return by how much a model loses more on a step than on its own holdout, on rows like those to be predicted."""
    return copied.once(
        ("staleness", made.digest, end), lambda: _weighted(copied, made, end) - _weighted(copied, made, made.as_of)
    )


def _weighted(copied: Copied, made: Made, end: datetime) -> float:
    weights = copied.once(("similarity", end), lambda: _similarity(copied, end))
    return loss_of(copied, made, end, weights)


def _similarity(copied: Copied, end: datetime) -> FloatArray:
    """Return how similar the rows of the next step are to each of a step's, on average: a Gaussian kernel."""
    scene = copied.past.scene
    rows, queries = features_of(copied, end), features_of(copied, min(end + scene.step, scene.end))
    if not len(queries):
        return np.ones(len(rows))
    chosen = generator("queries", end).permutation(len(queries))[:_MOST_QUERIES]
    scale = rows.std(axis=0) + 1e-9
    apart = ((rows[:, None, :] - queries[None, chosen, :]) / scale) ** 2
    return np.asarray(np.exp(-apart.mean(axis=2) / 2).mean(axis=1), dtype=np.float64)
