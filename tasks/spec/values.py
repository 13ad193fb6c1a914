"""The values that a spec writes in a way of its own: lengths of time, margins, zones, addresses."""

import re
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from tasks.metrics import Tolerance

_DURATION = re.compile(r"(\d+)(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)%")
_LITERAL_PASSWORD = re.compile(r"://[^/@:]*:(?!\$\{)[^@/]+@")


def parse_duration(found: object) -> timedelta:
    """Return the length of time written as ``"90min"``, ``"12h"``, ``"30d"`` or ``"2w"``."""
    if isinstance(found, timedelta):
        return found
    if isinstance(found, str) and (match := _DURATION.fullmatch(found)):
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    raise ValueError('a length of time such as "90min", "12h", "30d" or "2w"')


def write_duration(length: timedelta) -> str:
    """Return ``length`` in the largest unit that gives a whole number."""
    minutes = round(length.total_seconds() / 60)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}min"


def parse_margin(found: object) -> Tolerance:
    """Return how much worse counts as not worse: a size in the metric's unit, or a share of the champion's value."""
    if isinstance(found, Tolerance):
        return found
    if isinstance(found, (int, float)) and not isinstance(found, bool) and found >= 0:
        return Tolerance(float(found))
    if isinstance(found, str) and (match := _PERCENTAGE.fullmatch(found)):
        return Tolerance(float(match[1]) / 100, relative=True)
    raise ValueError("a number of at least 0 in the metric's unit, or a share of the champion's value such as \"1%\"")


def write_margin(margin: Tolerance) -> float | str:
    """Return ``margin`` as a spec says it."""
    return f"{margin.size * 100:g}%" if margin.relative else margin.size


def no_password(uri: str) -> str:
    if _LITERAL_PASSWORD.search(uri):
        raise ValueError("no password in a spec: write ${NAME} and set that environment variable")
    return uri


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        raise ValueError('a time zone such as "UTC" or "America/New_York"') from None
    return name


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["12h", "30d"]}),
]
Margin = Annotated[
    Tolerance,
    BeforeValidator(parse_margin),
    PlainSerializer(write_margin, return_type=float | str),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?%$"}]}),
]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Share = Annotated[float, Field(ge=0, le=1)]
Uri = Annotated[str, AfterValidator(no_password)]
