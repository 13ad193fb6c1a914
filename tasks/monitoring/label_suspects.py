"""How many labels that have arrived contradict a sure prediction of the champion: reported, and no alarm.

The champion had not seen these rows, so its predictions say of them what models out of fold say of train (see
``learning.suspects``). Why this never alarms: labels that went wrong and a world that changed both show as
contradictions, and from labels and predictions alone nothing parts them. A loss they cause alarms already, within its
part of the false alarms. A second alarm for the same would be no news, and to answer it with "fix the data" would stop
a training just when the world has changed. So a person is told the share, beside the one that the champion began with.
"""

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.learning.suspects import learn_grades
from tasks.monitoring.performance import FEWEST_ROWS
from tasks.monitoring.predictions.estimate import Sample
from tasks.monitoring.signal import Signal

_TAIL = 0.05


def suspects_signal(judged: Sample | None, matured: Sample, codes: int) -> Signal | None:
    """Return the share of suspects among ``matured`` labels, graded by what the rows show that ``judged`` the champion.

    ``codes`` is the number of classes. None: a regression, too few rows, or classes too hard to predict for a wrong
    label to stand out.
    """
    if codes < 2 or judged is None or min(len(judged), len(matured)) < FEWEST_ROWS:
        return None
    grades = learn_grades(judged.labels, _by_class(judged))
    if grades.tells.sum() < 2:
        return None
    before, now = (int((grades.suspicion(s.labels, _by_class(s)) > 0).sum()) for s in (judged, matured))
    was, share = before / len(judged), now / len(matured)
    low, high = _limits(now, len(matured))
    return Signal(
        kind="suspects",
        column=None,
        score=share,
        low=low,
        high=high,
        threshold=None,
        direction="up" if share > was else "down",
        unit="share of labels",
        sentence=f"{share:.2%} of {len(matured):,} labels contradict a sure prediction ({low:.2%} to {high:.2%}); of "
        f"those that judged the champion, {was:.2%} did. Wrong labels and a changed world look alike",
    )


def _by_class(sample: Sample) -> FloatArray:
    told = sample.predictions
    return np.column_stack([1 - told, told]) if told.ndim == 1 else told


def _limits(hits: int, rows: int) -> tuple[float, float]:
    """Return the 90 % interval of a share (Clopper and Pearson)."""
    from scipy.stats import beta

    low = float(beta.ppf(_TAIL, hits, rows - hits + 1)) if hits else 0.0
    return low, float(beta.isf(_TAIL, hits + 1, rows - hits)) if hits < rows else 1.0
