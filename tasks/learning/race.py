"""Which windows each candidate is trained on to the end: the two that a cheap look likes best.

Successive halving (Jamieson and Talwalkar 2016) with one look: on flights and on generated streams a second one at
the same rows said nothing new. It is held within each candidate, and kinds are not played off against each other: a
cheap look says little of how a kind does in the end, and much of which stretch of time suits it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from tasks.learning.attempt import Attempt, Course, Entry

FINALISTS = 2
_SHARE = 1 / 3
"""Of the rows, for a look."""

Field = Sequence[Entry]
"""The entries of one candidate, one for each window."""


def race(course: Course, fields: Sequence[Field], pool: Executor) -> list[Attempt]:
    """Return what came of every entry, in order; of one that was dropped, what the look at it saw."""
    crowded = [field for field in fields if len(field) > FINALISTS]
    looks = _each(crowded, lambda entry: course.look(entry, _SHARE), pool)
    dropped = [one for seen in looks for one in _ranked(course, seen)[FINALISTS:]]
    out = {id(one.entry) for one in dropped}
    finals = [[entry for entry in field if id(entry) not in out] for field in fields]
    finished = [one for attempts in _each(finals, course.run, pool) for one in attempts]
    came = {id(one.entry): one for one in (*dropped, *finished)}
    return [came[id(entry)] for field in fields for entry in field]


def _each(fields: Sequence[Field], do: Callable[[Entry], Attempt], pool: Executor) -> list[list[Attempt]]:
    """Return what ``do`` gives for every entry of every field, all of them side by side."""
    found = iter(list(pool.map(do, [entry for field in fields for entry in field])))
    return [[next(found) for _ in field] for field in fields]


def _ranked(course: Course, attempts: list[Attempt]) -> list[Attempt]:
    """Return the best first; of equals the earlier."""
    return sorted(attempts, key=lambda one: course.cost(one.value))
