"""A search for better parameters as pictures."""

from functools import partial

import numpy as np

from tasks.judgement.canvas import to_svg
from tasks.judgement.search_drawings import history, parameter_importance
from tasks.learning.tuning import Study

_LEAST = 5
"""Trials from which an order says something."""


def draw_study(study: Study) -> dict[str, str]:
    """Return the pictures of a search, by name, each as the text of an SVG image; none of one that tried nothing."""
    if len(study.trials) < 2:
        return {}
    losses, complete = [one.loss for one in study.trials], [one.complete for one in study.trials]
    drawn = {"tuning_history": to_svg(partial(history, losses=losses, complete=complete), "tuning_history")}
    if importance := importance_of(study):
        drawing = partial(parameter_importance, importance=importance)
        drawn["tuning_importance"] = to_svg(drawing, "tuning_importance", 0.9 + 0.3 * len(importance))
    return drawn


def importance_of(study: Study) -> dict[str, float]:
    """Return the strength of the rank correlation between each parameter and the loss, the strongest first.

    Simple, and blind to what two parameters do together; {} where too few trials came to their end.
    """
    done = [one for one in study.trials if one.complete]
    if len(done) < _LEAST or np.ptp([one.loss for one in done]) == 0:
        return {}
    from scipy.stats import spearmanr

    loss = [one.loss for one in done]
    columns = {name: [one.parameters[name] for one in done] for name in done[0].parameters}
    found = {
        name: abs(float(spearmanr(values, loss).statistic)) for name, values in columns.items() if np.ptp(values) > 0
    }
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
