"""Which windows each candidate is trained on to the end: the two that a cheap look likes best.

Successive halving (Jamieson and Talwalkar 2016) with one look: on flights and on generated streams a second one at
the same rows said nothing new. It is held within each candidate, and kinds are not played off against each other: a
cheap look says little of how a kind does in the end, and much of which stretch of time suits it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from tasks.errors import CandidateFailed
from tasks.learning.attempt import Attempt, Course, Entry
from tasks.learning.windows import LeftOut

FINALISTS = 2
_SHARE = 1 / 3
"""Of the rows, for a look."""

Field = Sequence[Entry]
"""The entries of one candidate, one for each window."""


@dataclass(frozen=True)
class Raced:
    """What came of the entries, in their order."""

    attempts: tuple[Attempt, ...]
    """Of one that was dropped, what the look at it saw."""
    failed: tuple[LeftOut, ...]
    """Those that could not be fitted."""


@dataclass(frozen=True, eq=False)
class _Failed:
    entry: Entry
    why: str

    @property
    def left_out(self) -> LeftOut:
        return LeftOut(f"{self.entry.candidate.kind} on {self.entry.choice.window}", self.why)


def race(course: Course, fields: Sequence[Field], pool: Executor) -> Raced:
    """Return what came of every entry."""
    crowded = [field for field in fields if len(field) > FINALISTS]
    looks = _each(crowded, lambda entry: course.look(entry, _SHARE), pool)
    ended: list[Attempt | _Failed] = []
    for seen in looks:
        ended += [*_ranked(course, seen)[FINALISTS:], *_failed(seen)]
    out = {id(one.entry) for one in ended}
    finals = [[entry for entry in field if id(entry) not in out] for field in fields]
    finished = [one for field in _each(finals, course.run, pool) for one in field]
    came = {id(one.entry): one for one in [*ended, *finished]}
    every: list[Attempt | _Failed] = [came[id(entry)] for field in fields for entry in field]
    attempts = tuple(one for one in every if isinstance(one, Attempt))
    return Raced(attempts, tuple(one.left_out for one in _failed(every)))


def _each(fields: Sequence[Field], do: Callable[[Entry], Attempt], pool: Executor) -> list[list[Attempt | _Failed]]:
    """Return what ``do`` gives for every entry of every field, all of them side by side."""

    def tried(entry: Entry) -> Attempt | _Failed:
        try:
            return do(entry)
        except CandidateFailed as failed:
            return _Failed(entry, str(failed))

    found = iter(list(pool.map(tried, [entry for field in fields for entry in field])))
    return [[next(found) for _ in field] for field in fields]


def _failed(came: Sequence[Attempt | _Failed]) -> list[_Failed]:
    return [one for one in came if isinstance(one, _Failed)]


def _ranked(course: Course, came: Sequence[Attempt | _Failed]) -> list[Attempt]:
    """Return the best first; of equals the earlier."""
    return sorted((one for one in came if isinstance(one, Attempt)), key=lambda one: course.cost(one.value))
