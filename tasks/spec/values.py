"""The values that a spec writes in a way of its own: lengths of time, margins, zones, addresses."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from tasks.metrics import Tolerance

_DURATION = re.compile(r"(\d+)(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LENGTH = 'a length of time such as "90min", "12h", "30d" or "2w", or "all"'
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


Length = timedelta | Literal["all"]
"""The length of a window that ends at a given time; "all": from the first row on."""


def parse_length(found: object) -> Length:
    """Return a length of time, or "all"."""
    if found == "all":
        return "all"
    try:
        length = parse_duration(found)
    except ValueError:
        raise ValueError(f'{_LENGTH}, or a list of these such as ["30d", "all"]') from None
    if length <= timedelta(0):
        raise ValueError("more than no time at all")
    return length


def parse_lengths(found: object) -> Length | tuple[Length, ...]:
    """Return one length, or several of them in the order in which they are written."""
    if not isinstance(found, (list, tuple)):
        return parse_length(found)
    if not found:
        raise ValueError(f"{_LENGTH}, or a list of at least one of these")
    return tuple(dict.fromkeys(parse_length(one) for one in found))


def parse_durations(found: object) -> tuple[timedelta, ...]:
    """Return several lengths of time; one may stand without a list."""
    several = found if isinstance(found, (list, tuple)) else [found]
    if any(parse_duration(one) <= timedelta(0) for one in several):
        raise ValueError("more than no time at all")
    return tuple(dict.fromkeys(parse_duration(one) for one in several))


def write_length(length: Length) -> str:
    """Return ``length`` as a spec says it."""
    return "all" if length == "all" else write_duration(length)


def write_lengths(lengths: Length | tuple[Length, ...]) -> str | list[str]:
    """Return ``lengths`` as a spec says them."""
    return [write_length(one) for one in lengths] if isinstance(lengths, tuple) else write_length(lengths)


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


_DURATION_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": f"^{_DURATION.pattern}$",
    "examples": ["12h", "30d"],
}
_LENGTH_SCHEMA: dict[str, Any] = {"anyOf": [_DURATION_SCHEMA, {"const": "all"}]}

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration, return_type=str),
    WithJsonSchema(_DURATION_SCHEMA),
]
Lengths = Annotated[
    Length | tuple[Length, ...],
    PlainValidator(parse_lengths),
    PlainSerializer(write_lengths, return_type=str | list[str]),
    WithJsonSchema({"anyOf": [_LENGTH_SCHEMA, {"type": "array", "items": _LENGTH_SCHEMA, "minItems": 1}]}),
]
Durations = Annotated[
    tuple[timedelta, ...],
    PlainValidator(parse_durations),
    PlainSerializer(lambda lengths: [write_duration(one) for one in lengths], return_type=list[str]),
    WithJsonSchema({"anyOf": [_DURATION_SCHEMA, {"type": "array", "items": _DURATION_SCHEMA}]}),
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
