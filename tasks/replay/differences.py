"""Where a decision that was made again is not the one that was made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tasks.plain import write

_MOST = 3
"""Fields of one decision that are told apart; the others differ for the same reason."""


@dataclass(frozen=True)
class Difference:
    """One decision that came out otherwise."""

    what: str
    live: str
    again: str
    why: str | None
    """What explains it; None: nothing that is known, so it may be a fault."""


def beside(what: str, live: Any, again: Any, *, source: str | None) -> Iterator[Difference]:  # noqa: ANN401 - records
    """Yield where two records, or dicts of one form, differ; ``source`` is what explains it."""
    was, now = write(live), write(again)
    if was == now:
        return
    for name, one, other in list(_leaves("", was, now))[:_MOST]:
        yield Difference(f"{what}: {name}" if name else what, _short(one), _short(other), source)


def _leaves(name: str, was: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - JSON's own types
    """Yield the innermost fields that differ, by their path."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*was, *now]):
            if was.get(key) != now.get(key):
                yield from _leaves(f"{name}.{key}" if name else str(key), was.get(key), now.get(key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for place, (one, other) in enumerate(zip(was, now, strict=True)):
            if one != other:
                yield from _leaves(f"{name}[{place}]", one, other)
    else:
        yield name, was, now


def _short(value: Any) -> str:  # noqa: ANN401 - JSON's own types
    text = str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"
