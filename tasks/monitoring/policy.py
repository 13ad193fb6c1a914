"""When to train again: the rule that turns diagnoses into a request, or says why there is none."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tasks.monitoring.follow_up import follow_up
from tasks.monitoring.history import History, Moment
from tasks.monitoring.staleness import staleness
from tasks.monitoring.triage import Checked, Diagnosis
from tasks.spec.monitoring import PolicySpec
from tasks.spec.values import write_duration

Reason = Literal["schedule", "drift", "performance"]
BUDGET_SPAN = timedelta(days=30)
_MOST_DOUBLINGS = 6
"""After so many trainings in vain the wait grows no longer: 64 cooldowns, half a year of the default."""


@dataclass(frozen=True)
class PolicyDecision:
    """Whether to ask for a training, and why or why not."""

    retrain: bool
    reason: Reason | None
    """Why the training would start; None: it is not wanted."""
    reasons: tuple[str, ...]
    """In words; the first one says the outcome."""
    wait_until: datetime | None = None
    """From then on what holds it back does no longer; None: nothing of that kind does."""


@dataclass(frozen=True)
class _Wish:
    reason: Reason | None
    words: str


def decide(diagnosis: Diagnosis, history: History, moment: Moment, rules: PolicySpec) -> PolicyDecision:
    """Return whether to ask for a training. Pure.

    A broken feed stops every policy, the fixed rhythm too: what would be learned is the fault. What a policy wants is
    then held back by the cooldown, which doubles with each training in vain, and by the budget of 30 days.
    """
    if diagnosis.action == "fix_the_data":
        return PolicyDecision(False, None, ("no training on a broken feed", diagnosis.sentence))
    wish = _wish(diagnosis, history, moment, rules)
    if wish.reason is None:
        return PolicyDecision(False, None, (wish.words,))
    held = _cooldown(history, moment.now, rules) or _budget(history, moment.now, rules)
    if held:
        return PolicyDecision(False, wish.reason, (held[1], wish.words), held[0])
    return PolicyDecision(True, wish.reason, (wish.words, diagnosis.sentence))


def _wish(diagnosis: Diagnosis, history: History, moment: Moment, rules: PolicySpec) -> _Wish:
    match rules.retrain:
        case "never":
            return _Wish(None, 'policy.retrain is "never"')
        case "every":
            return _rhythm(history, moment.now, rules)
    if rules.retrain == "on_gain" and (wish := _by_age(diagnosis, history, moment, rules)):
        return wish
    wish = _by_alarm(diagnosis, history, rules)
    if wish.reason is None and rules.retrain != "on_gain" and (due := follow_up(history, moment.now, rules)):
        return _Wish("schedule", due)
    return wish


def _rhythm(history: History, now: datetime, rules: PolicySpec) -> _Wish:
    if not history.retrainings:
        return _Wish("schedule", "it was never trained before")
    age = now - history.retrainings[-1].at
    ago, rhythm = _days(age), write_duration(rules.every)
    due = age >= rules.every
    return _Wish("schedule" if due else None, f"the last training is {ago} old; one is due each {rhythm}")


def _by_alarm(diagnosis: Diagnosis, history: History, rules: PolicySpec) -> _Wish:
    if diagnosis.action != "retrain":
        return _Wish(None, f"triage says {diagnosis.action.replace('_', ' ')}, and not retrain")
    return _often_enough(history, rules)


def _often_enough(history: History, rules: PolicySpec) -> _Wish:
    """Return the wish if k of the last n checks, this one included, ask for it.

    With ``on_drift`` an alarm of any kind asks, so that the training starts with the first loss that is certain;
    with the others only a loss does.
    """
    on_drift = rules.retrain == "on_drift"
    last = history.checks[len(history.checks) - rules.of + 1 :] if rules.of > 1 else ()
    asking = 1 + sum(check.action == "retrain" or (on_drift and _drifts(check)) for check in last)
    what = "drift" if on_drift else "a loss"
    words = f"{asking} of the last {rules.of} checks show {what}; {rules.windows} are needed"
    return _Wish(("drift" if on_drift else "performance") if asking >= rules.windows else None, words)


def _drifts(check: Checked) -> bool:
    return check.action in ("watch", "wait") and bool(check.alarmed)


def _by_age(diagnosis: Diagnosis, history: History, moment: Moment, rules: PolicySpec) -> _Wish | None:
    """Return the wish by what age costs; None: a loss is certain that pays for a training."""
    if diagnosis.action != "retrain":
        return _stale_enough(history, moment, rules)
    if too_little := _too_little_gain(moment, rules):
        wish = _stale_enough(history, moment, rules)
        return _Wish(wish.reason, f"{too_little}; {wish.words}")
    return None


def _stale_enough(history: History, moment: Moment, rules: PolicySpec) -> _Wish:
    """Return the wish if age alone may have cost as much, since the last training, as another one costs.

    How much, the verdicts so far tell: see ``staleness``. Before there is any, trainings go by ``policy.every``, so
    that there will be. A training whose challenger is no better lowers what is expected of the next one.
    """
    price = moment.rows_per_day * rules.loss_price
    if price <= 0:
        return _Wish(None, "a loss costs nothing: policy.loss_price or the number of rows a day is 0")
    if not history.retrainings:
        return _Wish(None, "no training of it is known")
    waited = moment.now - history.retrainings[-1].at
    found = staleness(history.gains)
    if found is None or moment.age is None:
        words = f"what a model's age costs is not known yet; the last training is {_days(waited)} old"
        return _Wish("schedule" if waited >= rules.every else None, words)
    owed = found.owed(moment.age, waited) * price
    words = (
        f"a day of age costs {found.per_day:.2g}, and perhaps {found.upper:.2g}, by {found.verdicts} verdicts: in the "
        f"{_days(waited)} since the last training {owed:.3g}, and another one costs {rules.training_cost:g}"
    )
    return _Wish("schedule" if waited >= rules.every and owed >= rules.training_cost else None, words)


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


def _cooldown(history: History, now: datetime, rules: PolicySpec) -> tuple[datetime, str] | None:
    """Return until when, and why, no training is asked for so soon after another."""
    if not history.retrainings:
        return None
    vain = _in_vain(history)
    wait = rules.cooldown * 2 ** min(vain, _MOST_DOUBLINGS)
    until = history.retrainings[-1].at + wait
    if now >= until:
        return None
    ago = _days(now - history.retrainings[-1].at)
    words = f"the last training was {ago} ago, and the cooldown is {write_duration(wait)}"
    if vain:
        times = "the last one asked for" if vain == 1 else f"the last {vain} that were asked for"
        words += (
            f": {times} did not help, so it is {2 ** min(vain, _MOST_DOUBLINGS)} × {write_duration(rules.cooldown)}"
        )
    return until, words


def _in_vain(history: History) -> int:
    """Return how many of the last trainings that were asked for did not help, up to the last one that did."""
    count = 0
    for retraining in reversed([one for one in history.retrainings if one.asked and one.helped is not None]):
        if retraining.helped:
            break
        count += 1
    return count


def _budget(history: History, now: datetime, rules: PolicySpec) -> tuple[datetime | None, str] | None:
    """Return until when the budget is spent, and that it is."""
    spent = [one.at for one in history.retrainings if one.asked and now - one.at < BUDGET_SPAN]
    if len(spent) < rules.retrains_a_month:
        return None
    words = f"the budget is spent: {len(spent)} of {rules.retrains_a_month} trainings within 30 days"
    if not rules.retrains_a_month:
        return None, "the budget is spent: policy.retrains_a_month is 0"
    return spent[len(spent) - rules.retrains_a_month] + BUDGET_SPAN, words


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):.1f} days"
