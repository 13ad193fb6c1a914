"""What the gate will be able to tell apart: measured, with two plain models of which neither is better by design."""

from math import isfinite, sqrt

import numpy as np

from tasks.drafting.plan import Margin, Plan
from tasks.drafting.quick import blocks, has_classes, learn, places, some
from tasks.drafting.trial import Trial
from tasks.errors import PerennialError
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.metrics import find_metric
from tasks.spec import LinearSpec

_RESAMPLES = 300
_MOST = 5.0
"""How many times the usual margin: a wider one would call much worse not worse."""


def resolve(plan: Plan, trial: Trial) -> Margin | None:
    """Return the margin that rows like those of the holdout can settle; None if too few say anything.

    Two linear models learn from one half of the training rows each, and meet on the holdout in the gate's own paired
    test. The smallest difference that it can see in four of five cases, for as many rows as the holdout has, is what
    a margin cannot be below: a challenger just as good would end undecided.
    """
    metric = find_metric(plan.goal.metric)
    usual = metric.tolerance
    pair = _pair(trial)
    if pair is None:
        return None
    test = PairedTest(metric, trial.spec.gate.alpha, _RESAMPLES, seed=trial.spec.seed)
    found = compare(pair, test)
    smallest = found.smallest_visible * sqrt(found.rows / max(plan.timeline.judges, 1))
    if not isfinite(smallest) or not isfinite(found.rival):
        return None
    share = smallest / abs(found.rival) if usual.relative and found.rival else smallest
    needed = _one_digit(share)
    size = min(max(usual.size, needed), _MOST * usual.size)
    written = f'"{size * 100:g}%"' if usual.relative else f"{size:g}"
    sees = f"{share:.1%}".replace("%", " %") if usual.relative else f"{smallest:.2g}"
    reason = (
        f"{plan.timeline.judges:,} rows that judge see a difference in {metric.label} of {sees} in four of five cases "
        "(measured: two linear models)"
    )
    if needed > size:
        reason += (
            "; so wide a margin would let anything pass: with this one equals may end undecided, the champion stays"
        )
    elif size > usual.size:
        reason += f"; the usual {_usual(usual.size, relative=usual.relative)} would leave equals undecided"
    return Margin(written, reason)


def _usual(size: float, *, relative: bool) -> str:
    return f"{size * 100:g} %" if relative else f"{size:g}"


def _one_digit(size: float) -> float:
    """Return ``size`` with one digit, rounded up.

    >>> _one_digit(0.0123), _one_digit(0.05)
    (0.02, 0.05)
    """
    if size <= 0:
        return 0.0
    unit = 10.0 ** np.floor(np.log10(size))
    return float(f"{np.ceil(round(size / unit, 6)) * unit:.1g}")


def _pair(trial: Trial) -> Pair | None:
    """Return what two models, each of one half of the training rows, predict for the holdout."""
    learns, judge = (some(places(trial, part)) for part in ("train", "holdout"))
    halves = learns[0::2], learns[1::2]
    if len(judge) < 2 or not all(has_classes(trial, half) for half in (*halves, judge)):
        return None
    try:
        first, second = (learn(trial, LinearSpec(kind="linear"), half).predict(judge) for half in halves)
    except PerennialError:
        return None
    return Pair(trial.labels.values[judge], first, second, blocks(trial, judge))
