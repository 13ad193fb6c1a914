"""What will run by itself, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.data.window import write_time
from tasks.drafting.timeline import Timeline
from tasks.spec.cron import next_times

_WHAT = {
    "score": "the champion scores the rows that have come",
    "drift": "the newest rows are compared with those that the champion learned from",
    "train": "a challenger is trained, judged, and proposed if it passes",
}
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_SHOWN = 3


@dataclass(frozen=True)
class Run:
    """One line of the schedule."""

    key: str
    what: str
    when: str
    next: tuple[str, ...]


def crons(line: Timeline) -> list[tuple[str, str]]:
    """Return when to score, to look for drift and to train, each by its key of ``[schedule]``."""
    day = timedelta(days=1)
    train = "0 3 * * 1" if line.every <= day else "0 3 1 * *"
    if line.every < day:
        return [("score", "15 * * * *"), ("drift", "30 */6 * * *"), ("train", train)]
    looked = ("15 6 * * *", "30 6 * * *") if line.every == day else ("15 6 * * 1", "30 6 * * 1")
    return [("score", looked[0]), ("drift", looked[1]), ("train", train)]


def runs(line: Timeline, now: datetime) -> tuple[Run, ...]:
    """Return what the draft's schedule starts, with the first times after ``now``."""
    return tuple(
        Run(key, _WHAT[key], say(cron), tuple(write_time(time) for time in next_times(cron, now, _SHOWN)))
        for key, cron in crons(line)
    )


def say(cron: str) -> str:
    """Return a schedule, such as a draft has, in words; another as it is written.

    >>> say("30 6 * * 1"), say("30 */6 * * *"), say("0 3 1 * *")
    ('every Monday at 06:30', 'every 6 hours at minute 30', 'on day 1 of each month at 03:00')
    """
    minute, hour, day, month, weekday = cron.split()
    if not minute.isdecimal() or month != "*":
        return cron
    if (day, weekday) == ("*", "*") and (hour == "*" or hour.startswith("*/")):
        return f"every {'hour' if hour == '*' else f'{hour[2:]} hours'} at minute {int(minute)}"
    if not hour.isdecimal():
        return cron
    at = f"at {int(hour):02}:{int(minute):02}"
    if weekday.isdecimal() and day == "*":
        return f"every {_DAYS[int(weekday) % 7]} {at}"
    if day.isdecimal() and weekday == "*":
        return f"on day {day} of each month {at}"
    return f"every day {at}" if (day, weekday) == ("*", "*") else cron
