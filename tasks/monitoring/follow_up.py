"""What follows a training that a loss asked for: others, as the rows that tell of what has changed become more.

The first training after a change has hardly a row of the world as it is now, and the champion that it makes promises
little: no check of it alone can tell that a better one has become possible.
"""

from datetime import datetime, timedelta

from tasks.monitoring.history import History
from tasks.spec.monitoring import PolicySpec
from tasks.spec.values import write_duration

_ENOUGH = 2
"""So many in a row that are not shown to be better end it."""


def follow_up(history: History, now: datetime, rules: PolicySpec) -> str | None:
    """Return why another training is due after the last one that an alarm asked for; None: none is.

    The first comes ``policy.every`` after it, each further one when as much time again has passed since the alarm: so
    the rows that tell of the change have doubled, and a year has six of them.
    """
    alarms = [place for place, one in enumerate(history.retrainings) if one.asked]
    if not alarms:
        return None
    alarm, after = history.retrainings[alarms[-1]], history.retrainings[alarms[-1] + 1 :]
    if len(after) >= _ENOUGH and all(one.better is False for one in after[-_ENOUGH:]):
        return None
    since, last = now - alarm.at, history.retrainings[-1].at - alarm.at
    if since < max(rules.every, 2 * last):
        return None
    grown = "" if not last else f", {since / last:.3g} times as much as at the last training"
    return (
        f"{since / timedelta(days=1):.1f} days of rows have come since {alarm.at:%Y-%m-%d}, when an alarm asked for a "
        f"training{grown}: one more may know better (the first after {write_duration(rules.every)}, then each time "
        "that they have doubled)"
    )
