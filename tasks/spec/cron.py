"""A point of time that comes again and again, written as the five fields of cron."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Most days that each month can have."""
_FARTHEST_DAYS = 3000
"""29 February comes every eighth year at the latest."""
_SHAPE = 'five fields: minute, hour, day, month and weekday, such as "0 3 * * 1" for Mondays at 3:00'


@dataclass(frozen=True)
class _Field:
    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    """Names that may stand for numbers, from 0 or ``first`` on."""

    @property
    def said(self) -> str:
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.name} {self.first} to {self.last}{names}"


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)


def check_cron(text: str) -> str:
    """Return ``text`` if it is what cron, and every program that reads it, takes to mean the same.

    Only ``*``, numbers, names, ranges, lists and steps of these: Prefect's own reader knows more, and takes some that
    never come, such as 30 February, at which its scheduler then breaks.
    """
    fields = text.lower().split()
    if len(fields) != len(_FIELDS):
        raise ValueError(_SHAPE)
    _, _, days, months, _ = (_values(found, field) for found, field in zip(fields, _FIELDS, strict=True))
    longest = max(_LONGEST[month - 1] for month in months)
    if min(days) > longest and fields[4] == "*":
        raise ValueError(f"a day that comes: these months have at most {longest}")
    return text


def next_times(text: str, after: datetime, count: int) -> list[datetime]:
    """Return the first ``count`` times after ``after``, in its own zone, that the schedule ``text`` names.

    Where both day and weekday are given, either will do: so cron has it.

    >>> [f"{time:%a %d %H:%M}" for time in next_times("0 3 * * mon", datetime(2026, 11, 28), 2)]
    ['Mon 30 03:00', 'Mon 07 03:00']
    """
    fields = text.lower().split()
    minutes, hours, days, months, weekdays = (_values(one, field) for one, field in zip(fields, _FIELDS, strict=True))
    weekdays = frozenset(day % 7 for day in weekdays)  # 7 is Sunday, too
    found: list[datetime] = []
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(_FARTHEST_DAYS * count):
        on = (day.day in days, day.isoweekday() % 7 in weekdays)
        due = all(on) if "*" in (fields[2], fields[4]) else any(on)
        if due and day.month in months:
            clock = [day.replace(hour=hour, minute=minute) for hour in sorted(hours) for minute in sorted(minutes)]
            found += [time for time in clock if time > after]
        if len(found) >= count:
            break
        day += timedelta(days=1)
    return found[:count]


def _values(found: str, field: _Field) -> frozenset[int]:
    return frozenset(value for part in found.split(",") for value in _part(part, field))


def _part(part: str, field: _Field) -> range:
    """Return the values of ``*``, ``3``, ``1-5``, ``*/10`` or ``1-5/2``."""
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if slash and (not step.isdecimal() or not 1 <= int(step) <= field.last or not (dash or span == "*")):
        raise ValueError(f"{field.said}; a step such as */5 or {field.first}-{field.last}/5, and not {part}")
    start = field.first if span == "*" else _number(first, field)
    end = field.last if span == "*" else _number(last, field) if dash else start
    if start > end:
        raise ValueError(f"{field.said}; a range from low to high, and not {span}")
    return range(start, end + 1, int(step or 1))


def _number(found: str, field: _Field) -> int:
    if found in field.names:
        return field.names.index(found) + field.first
    if not (found.isascii() and found.isdecimal()) or not field.first <= int(found) <= field.last:
        raise ValueError(f"{field.said}, and not {found or 'nothing'}")
    return int(found)
