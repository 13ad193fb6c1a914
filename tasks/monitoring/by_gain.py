"""``policy.retrain = "on_gain"``: a training is due where what it may gain is worth its price."""

from datetime import timedelta
from itertools import takewhile

from tasks.monitoring.history import History, Moment
from tasks.monitoring.staleness import staleness
from tasks.monitoring.triage import Diagnosis
from tasks.monitoring.wish import Wish, days
from tasks.spec.monitoring import PolicySpec
from tasks.spec.values import write_duration

_PROBES = 2
"""Doublings of ``policy.every`` after which ``on_gain`` tries again though age seems to cost nothing: a month of weeks.

One verdict may say so by chance, and nothing else would ever contradict it. Each try in vain doubles the wait.
"""
_MOST_DOUBLINGS = 6


def by_gain(diagnosis: Diagnosis, history: History, moment: Moment, rules: PolicySpec) -> Wish | None:
    """Return the wish by what age costs; None: a loss is certain that pays for a training."""
    if diagnosis.action != "retrain":
        return _stale_enough(history, moment, rules)
    if too_little := _too_little_gain(moment, rules):
        wish = _stale_enough(history, moment, rules)
        return Wish(wish.reason, f"{too_little}; {wish.words}")
    return None


def _stale_enough(history: History, moment: Moment, rules: PolicySpec) -> Wish:
    """Return the wish if age alone may have cost as much, since the last training, as another one costs.

    How much, the verdicts so far tell: see ``staleness``. Before there is any, trainings go by ``policy.every``, so
    that there will be. A training whose challenger is no better lowers what is expected of the next one; but however
    little is expected, one is tried now and then.
    """
    price = moment.rows_per_day * rules.loss_price
    if price <= 0:
        return Wish(None, "a loss costs nothing: policy.loss_price or the number of rows a day is 0")
    if not history.retrainings:
        return Wish(None, "no training of it is known")
    waited = moment.now - history.retrainings[-1].at
    found = staleness(history.gains)
    if found is None or moment.age is None:
        words = f"what a model's age costs is not known yet; the last training is {days(waited)} old"
        return Wish("schedule" if waited >= rules.every else None, words)
    owed = found.owed(moment.age, waited) * price
    probe = rules.every * 2 ** min(_PROBES + _no_better(history), _MOST_DOUBLINGS)
    words = (
        f"a day of age costs {found.per_day:.2g}, and perhaps {found.upper:.2g}, by {found.verdicts} verdicts: in the "
        f"{days(waited)} since the last training {owed:.3g}, and another one costs {rules.training_cost:g}; "
        f"one is tried after {write_duration(probe)} in any case"
    )
    due = waited >= rules.every and (owed >= rules.training_cost or waited >= probe)
    return Wish("schedule" if due else None, words)


def _no_better(history: History) -> int:
    """Return how many of the last challengers in a row were not shown to be better."""
    return sum(1 for _ in takewhile(lambda one: one.better is False, reversed(history.retrainings)))


def _too_little_gain(moment: Moment, rules: PolicySpec) -> str | None:
    """Return why a training does not pay before the next one may come; None: it does.

    The gain is the loss that is certain, its lower bound, on all rows of that time, at its price.
    """
    found = moment.performance
    horizon = max(rules.every, rules.cooldown)
    price = moment.rows_per_day * (horizon / timedelta(days=1)) * rules.loss_price
    if price <= 0:
        return "a loss costs nothing: policy.loss_price or the number of rows a day is 0"
    if found is None or found.loss_low is None:
        return "the loss is not yet known"
    gain, even = max(found.loss_low, 0.0) * price, rules.training_cost / price
    if gain > rules.training_cost:
        return None
    return (
        f"a training costs {rules.training_cost:g} and would gain {gain:.3g} in {write_duration(horizon)}: it pays "
        f"from a loss of {even:.3g} in {found.metric}, and {found.loss_low:.3g} is certain"
    )
