"""Smaller models in place of a spec's own: a replay of them is cheaper, and how far it says the same is measured.

What tells policies apart is by how much a model of some age is behind a younger one. So, at some moments, models of the
spec's own size are trained as well, and both kinds are asked: who loses less in the steps that follow, and by how much?
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.data.window import Window
from tasks.learning.estimator import quick
from tasks.metrics import Metric
from tasks.replay.past import LivedPast
from tasks.replay.scored import scored
from tasks.replay.trainings import Made
from tasks.spec import ModelSpec

_MODELS = 3
_STEPS = 6
"""At the end of the history, in which all of them are older than what they learned from."""


@dataclass(frozen=True)
class Agreement:
    """How far smaller models say the same as the spec's own."""

    pairs: int
    same: int
    """Pairs of models, in a step, of which both kinds say the same one loses less."""
    correlation: float
    """Of the differences; nan: they do not vary."""

    @property
    def sentence(self) -> str:
        return (
            f"smaller models: of {self.pairs} comparisons of an older with a younger model, {self.same} come out for "
            f"the same one as with the spec's own; the differences correlate by {self.correlation:.2f}"
        )


def fast_spec(spec: ModelSpec) -> ModelSpec:
    """Return ``spec`` with cheaper candidates: trees of fewer rounds if there are any, and no search."""
    trees = [candidate for candidate in spec.candidates if candidate.kind == "lightgbm"]
    gate = spec.gate.model_copy(update={"search_slices": 0})
    chosen = [quick(candidate) for candidate in (trees or spec.candidates)[:1]]
    return spec.model_copy(update={"candidates": chosen, "tuning": None, "gate": gate})


def agree(small: LivedPast, large: LivedPast, moments: Sequence[datetime], metric: Metric) -> Agreement:
    """Return how far models of both kinds, trained at the same moments, differ among themselves in the same way."""
    at = [moments[place * (len(moments) - 1) // _MODELS] for place in range(_MODELS)]
    ends = [moment for moment in moments[-_STEPS:] if moment > at[-1]]
    one, other = (_differences(past, at, ends, metric) for past in (small, large))
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    varied = len(one) > 1 and one.std() > 0 and other.std() > 0
    correlation = float(np.corrcoef(one, other)[0, 1]) if varied else float("nan")
    return Agreement(len(one), int((np.sign(one) == np.sign(other)).sum()), correlation)


def _differences(past: LivedPast, at: Sequence[datetime], ends: Sequence[datetime], metric: Metric) -> FloatArray:
    """Return what the older of two models loses more than the younger, for each pair and step."""
    made = [past.train(moment, None) for moment in at]
    losses = np.array([[_loss(past, one, end, metric) for end in ends] for one in made if one.challenger])
    return np.array([losses[old] - losses[young] for old, young in combinations(range(len(losses)), 2)]).ravel()


def _loss(past: LivedPast, made: Made, end: datetime, metric: Metric) -> float:
    found = scored(past.scene, made, Window(end - past.scene.step, end))
    return metric.bind(found.labels, found.predictions)(None) if len(found.labels) else float("nan")
