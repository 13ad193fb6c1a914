"""Many repetitions of one simulation, in two processes, each with random numbers of its own."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from math import nan, sqrt
from typing import TypeVar
from zlib import crc32

import numpy as np

PROCESSES = 2
_QUICK = 25
"""How many times fewer repetitions a quick look takes."""

Case = TypeVar("Case")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Rate:
    """How often something happened."""

    hits: float
    of: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else nan

    @property
    def error(self) -> float:
        """The standard error of the rate."""
        return sqrt(max(self.value * (1 - self.value), 0) / self.of) if self.of else nan

    def within(self, promised: float) -> bool:
        """Say whether it happened at most ``promised`` of the time, two standard errors allowed for chance."""
        return not self.of or self.value <= highest(promised, self.of)

    def reaches(self, promised: float) -> bool:
        """Say whether it happened at least ``promised`` of the time; chance is not allowed for."""
        return bool(self.of) and self.value >= promised

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} ± {100 * self.error:.1f}" if self.of else "–"


@dataclass(frozen=True)
class Cell:
    """A rate that was promised to be at most alpha; one above what chance allows was looked at again."""

    first: Rate
    again: Rate | None = None
    """Fresh repetitions: they decide. Of many cells that are right, some are above by chance."""

    def within(self, promised: float) -> bool:
        return (self.again or self.first).within(promised)

    def __str__(self) -> str:
        return f"{self.first}; again {self.again}" if self.again else str(self.first)


AGAIN = 3000
"""Repetitions of a second look."""


def highest(promised: float, repetitions: int) -> float:
    """Return what a rate of ``promised`` may come to by chance: two standard errors more."""
    return promised + 2 * sqrt(promised * (1 - promised) / repetitions)


def rate(found: Sequence[float] | np.typing.NDArray[np.float64]) -> Rate:
    """Return how often 1 is ``found``; nan was not looked for."""
    values = np.asarray(found, dtype=np.float64)
    known = values[~np.isnan(values)]
    return Rate(float(known.sum()), len(known))


def generator(*what: object) -> np.random.Generator:
    """Return random numbers that depend on ``what`` is simulated, and on nothing else."""
    return np.random.default_rng(crc32(repr(what).encode()))


@dataclass(frozen=True)
class Runner:
    """Runs repetitions, all of them or only so many as a quick look takes."""

    pool: Executor
    quick: bool

    def repeat(self, one: Callable[[Case, int], Found], case: Case, times: int, start: int = 0) -> list[Found]:
        """Return what ``one(case, number)`` finds for each of ``times`` numbers from ``start``."""
        count = max(2, times // _QUICK) if self.quick else times
        chunk = max(1, count // (8 * PROCESSES))
        return list(self.pool.map(one, repeat(case, count), range(start, start + count), chunksize=chunk))


@contextmanager
def runner(*, quick: bool) -> Iterator[Runner]:
    """Give a runner whose processes use one thread each."""
    with ProcessPoolExecutor(PROCESSES, initializer=_one_thread) as pool:
        yield Runner(pool, quick)


def _one_thread() -> None:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
