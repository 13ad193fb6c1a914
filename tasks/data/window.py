"""A stretch of time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tasks.errors import SettingsError


@dataclass(frozen=True)
class Window:
    """The half-open stretch [start, end) of event time, UTC; ``start`` None: from the beginning."""

    start: datetime | None
    end: datetime

    def __str__(self) -> str:
        return f"{write_time(self.start) if self.start else 'the beginning'} to {write_time(self.end)}"


def read_time(text: str, option: str = "as-of") -> datetime:
    """Return the UTC time written as ``2013-06-01`` or ``2013-06-01T12:00`` (UTC unless it says otherwise).

    Raises:
        SettingsError: it is none; the message names the ``option`` that it was given for.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option}: found {text!r}; allowed: a date or time such as 2013-06-01") from None
    return as_utc(found)


def as_utc(time: datetime) -> datetime:
    """Return ``time`` in UTC; one without a zone is taken to be in UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def write_time(time: datetime) -> str:
    """Return ``time`` as a person writes it: without a clock at midnight, without seconds when there are none."""
    pattern = "%Y-%m-%d" if time.hour == time.minute == time.second == 0 else "%Y-%m-%d %H:%M"
    return time.strftime(pattern)


def microseconds(time: datetime) -> int:
    """Return ``time`` as microseconds since 1970, the number that a timestamp column holds."""
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def microseconds_of(length: timedelta) -> int:
    """Return a length of time in the unit of a timestamp column."""
    return length // timedelta(microseconds=1)
