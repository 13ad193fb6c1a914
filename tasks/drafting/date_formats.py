"""The formats in which words may say a date."""

import pyarrow as pa

from tasks.data.clocks import read_written

_DAYS = ("%d{s}%m{s}%Y", "%m{s}%d{s}%Y", "%Y{s}%m{s}%d", "%d{s}%m{s}%y", "%m{s}%d{s}%y")
_NAMED = (
    "%d %b %Y",
    "%d-%b-%Y",
    "%b %d %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%d-%b-%y",
    "%d%b%Y",
    "%a, %d %b %Y",
)
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", ", %H:%M")


def formats_of(word: str) -> list[str]:
    """Return formats in which ``word`` may be written."""
    sign = next((s for s in "/.-" if s in word[:5]), None)
    days = [day.format(s=sign) for day in _DAYS] if sign else []
    if sign == "/":  # where nothing tells, the month is first with slashes, and the day with points
        days[0], days[1] = days[1], days[0]
    every = [day + clock for day in (*days, *_NAMED) for clock in _CLOCKS]
    return [one for one in every if read_written(pa.array([word]), [one]).null_count == 0]


def formats_of_all(words: pa.Array) -> list[str]:
    """Return the formats of which each fits many of ``words``, those of ISO 8601 among them."""
    iso = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    found: dict[str, None] = {}
    left = words
    for _ in range(4):
        if len(left) == 0:
            break
        likely = max(
            [*formats_of(left[0].as_py()), *iso], key=lambda one: len(left) - read_written(left, [one]).null_count
        )
        read = read_written(left, [likely])
        if read.null_count == len(left):
            return []
        found[likely] = None
        left = left.filter(read.is_null())
    return list(found) if len(left) == 0 else []
