"""A forecast of how models fare, a method of the literature, as a contestant, as we read the paper."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import numpy as np

from benchmarks.replay.aged import features_of, labelled_ends, loss_of, price_of_training
from benchmarks.replay.copied import Copied
from tasks.data.matrix import FloatArray
from tasks.replay.episodes import InUse

_FIRST_TRAININGS = 8
"""It trains at so many steps at first: it has nothing to learn from before."""
_AHEAD = 12
"""Steps that it looks ahead."""

Pair = tuple[datetime, datetime]
"""When a model was trained, and the end of the step that it predicts."""


def forecast(copied: Copied, champion: InUse, at: datetime) -> bool:
    """Train when the forecast loss of the model in use, beyond that of a new one, costs more than a training.

    Regol, Schwinn, Sprague, Coates and Markovich 2025, "When to retrain a machine learning model", ICML 2025: how a
    model made at one step does on the data of another is forecast, with its uncertainty, from how earlier ones did,
    by a simple regression on the two steps, their distance, and how far the features have moved. Here it is Bayesian
    ridge regression, decided at the median; whatever is trained is promoted.
    """
    if len(copied.trained) < _FIRST_TRAININGS:
        return True
    from sklearn.linear_model import BayesianRidge

    models = {made.as_of: made for made in (champion.made, *copied.trained)}
    pairs = [(made, end) for made in models for end in labelled_ends(copied, made, at)]
    if not pairs:
        return True
    known = [copied.once(("loss", *pair), partial(loss_of, copied, models[pair[0]], pair[1])) for pair in pairs]
    model = BayesianRidge().fit(_about(copied, pairs, at), known)
    ahead = [at + (number + 1) * copied.past.scene.step for number in range(_AHEAD)]
    keep, new = (model.predict(_about(copied, [(of, end) for end in ahead], at)) for of in (champion.made.as_of, at))
    return float((keep - new).sum()) > price_of_training(copied)


def _about(copied: Copied, pairs: Sequence[Pair], now: datetime) -> FloatArray:
    """Return what the forecast goes by, shape (pairs, 4); of days to come the features are as today's."""
    step, start = copied.past.scene.step, copied.trained[0].as_of
    places = [((made - start) / step, (end - start) / step, (end - made) / step) for made, end in pairs]
    moved = [_moved(copied, min(made, now), min(end, now)) for made, end in pairs]
    return np.column_stack([np.array(places), moved])


def _moved(copied: Copied, one: datetime, other: datetime) -> float:
    means = [copied.once(("means", end), partial(_means, copied, end)) for end in (one, other)]
    return float(np.abs(means[0] - means[1]).mean())


def _means(copied: Copied, end: datetime) -> FloatArray:
    found = features_of(copied, end)
    return np.asarray(found.mean(axis=0) if len(found) else np.zeros(found.shape[1]), dtype=np.float64)
