"""Which windows each candidate is trained on to the end: those that a cheaper look does not rule out.

Successive halving (Jamieson and Talwalkar 2016), within each candidate: the worse half of its windows is dropped at
every look, until two are left. Kinds are not played off against each other: a cheap look says little of how a kind
does in the end, and much of which stretch of time suits all kinds.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from tasks.learning.attempt import Attempt, Course, Entry

FINALISTS = 2
_FIRST_SHARE, _GROWTH = 1 / 3, 3
"""The part of the rows that the first look takes, and how many times more each further one."""

Field = Sequence[Entry]
"""The entries of one candidate, one for each window."""


def race(course: Course, fields: Sequence[Field], pool: Executor) -> list[Attempt]:
    """Return what came of every entry, in order; of one that was dropped, what the last look at it saw."""
    standing: list[Field] = list(fields)
    dropped: list[Attempt] = []
    share = _FIRST_SHARE
    while any(len(field) > FINALISTS for field in standing):
        seen = _each(standing, lambda entry: course.look(entry, share), pool)  # noqa: B023 - used up at once
        ranked = [_ranked(course, attempts) for attempts in seen]
        standing = [[one.entry for one in attempts[: _kept(attempts)]] for attempts in ranked]
        dropped += [one for attempts in ranked for one in attempts[_kept(attempts) :]]
        share *= _GROWTH
    finished = [one for attempts in _each(standing, course.run, pool) for one in attempts]
    came = {id(one.entry): one for one in (*dropped, *finished)}
    return [came[id(entry)] for field in fields for entry in field]


def _each(fields: Sequence[Field], do: Callable[[Entry], Attempt], pool: Executor) -> list[list[Attempt]]:
    """Return what ``do`` gives for every entry of every field, all of them side by side."""
    found = iter(list(pool.map(do, [entry for field in fields for entry in field])))
    return [[next(found) for _ in field] for field in fields]


def _kept(attempts: Sequence[object]) -> int:
    return max(FINALISTS, -(-len(attempts) // 2))


def _ranked(course: Course, attempts: list[Attempt]) -> list[Attempt]:
    """Return the best first; of equals the earlier."""
    return sorted(attempts, key=lambda one: course.cost(one.value))
