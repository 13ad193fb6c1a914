"""When to train again: the rule that turns diagnoses into a request, or says why there is none."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.monitoring.by_gain import by_gain
from tasks.monitoring.follow_up import follow_up
from tasks.monitoring.history import History, Moment
from tasks.monitoring.triage import Checked, Diagnosis
from tasks.monitoring.wish import Reason, Wish, days
from tasks.spec.monitoring import PolicySpec
from tasks.spec.values import write_duration

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


def _wish(diagnosis: Diagnosis, history: History, moment: Moment, rules: PolicySpec) -> Wish:
    match rules.retrain:
        case "never":
            return Wish(None, 'policy.retrain is "never"')
        case "every":
            return _rhythm(history, moment.now, rules)
    if rules.retrain == "on_gain" and (wish := by_gain(diagnosis, history, moment, rules)):
        return wish
    wish = _by_alarm(diagnosis, history, rules)
    if wish.reason is None and rules.retrain != "on_gain" and (due := follow_up(history, moment.now, rules)):
        return Wish("schedule", due)
    return wish


def _rhythm(history: History, now: datetime, rules: PolicySpec) -> Wish:
    if not history.retrainings:
        return Wish("schedule", "it was never trained before")
    age = now - history.retrainings[-1].at
    ago, rhythm = days(age), write_duration(rules.every)
    due = age >= rules.every
    return Wish("schedule" if due else None, f"the last training is {ago} old; one is due each {rhythm}")


def _by_alarm(diagnosis: Diagnosis, history: History, rules: PolicySpec) -> Wish:
    if diagnosis.action != "retrain":
        return Wish(None, f"triage says {diagnosis.action.replace('_', ' ')}, and not retrain")
    return _often_enough(history, rules)


def _often_enough(history: History, rules: PolicySpec) -> Wish:
    """Return the wish if k of the last n checks, this one included, ask for it.

    With ``on_drift`` an alarm of any kind asks, so that the training starts with the first loss that is certain;
    with the others only a loss does.
    """
    on_drift = rules.retrain == "on_drift"
    last = history.checks[len(history.checks) - rules.of + 1 :] if rules.of > 1 else ()
    asking = 1 + sum(check.action == "retrain" or (on_drift and _drifts(check)) for check in last)
    what = "drift" if on_drift else "a loss"
    words = f"{asking} of the last {rules.of} checks show {what}; {rules.windows} are needed"
    return Wish(("drift" if on_drift else "performance") if asking >= rules.windows else None, words)


def _drifts(check: Checked) -> bool:
    return check.action in ("watch", "wait") and bool(check.alarmed)


def _cooldown(history: History, now: datetime, rules: PolicySpec) -> tuple[datetime, str] | None:
    """Return until when, and why, no training is asked for so soon after another."""
    if not history.retrainings:
        return None
    vain = _in_vain(history)
    wait = rules.cooldown * 2 ** min(vain, _MOST_DOUBLINGS)
    until = history.retrainings[-1].at + wait
    if now >= until:
        return None
    ago = days(now - history.retrainings[-1].at)
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
