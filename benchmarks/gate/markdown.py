"""The page that the studies make."""

from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = """# What the gate promises, measured

`make benchmark-gate` wrote this page, in full: each number is of the code beside it, by simulations whose random
numbers are seeded, and by trainings on real flights. Rates are in percent, "a ± b" is a value and its standard error.
The code is in `benchmarks/gate/`, a file for each section.
"""


@dataclass(frozen=True)
class Table:
    """Rows of text under a head; the first column is words, the rest are figures."""

    head: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        line = ("---", *("---:" for _ in self.head[1:]))
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (self.head, line, *self.rows))


@dataclass(frozen=True)
class Section:
    """What one study shows."""

    title: str
    shows: str
    """One or two sentences."""
    missed: tuple[str, ...]
    """The goals that were not met, in words; none: all were."""
    parts: tuple[Table | str, ...]
    """Tables, and paragraphs between them."""
    simulated: str
    """What was done, in a few sentences."""
    whole: str | None = None
    """The section as its study words it, in place of the rest."""

    def __str__(self) -> str:
        if self.whole is not None:
            return self.whole
        goal = f"**Goal missed: {'; '.join(self.missed)}.**" if self.missed else "The goal is met."
        return "\n\n".join([f"## {self.title}", f"{self.shows} {goal}", *map(str, self.parts), self.simulated])


@dataclass(frozen=True)
class Measured:
    """A section as it is kept."""

    name: str
    title: str
    text: str
    missed: Sequence[str]
    seconds: float


def page(found: Sequence[Measured]) -> str:
    """Return the whole page: what was missed first, then each section, and how long each took."""
    missed = [f"{one.title}: {goal}" for one in found for goal in one.missed]
    verdict = f"**Missed: {'; '.join(missed)}.**" if missed else "All goals of this page are met."
    took = ", ".join(f"{one.name} {one.seconds:.0f} s" for one in found)
    minutes = sum(one.seconds for one in found) / 60
    end = f"## How long it takes\n\n{took}; {minutes:.0f} minutes in all, in two processes."
    return "\n\n".join([_HEADER + "\n" + verdict, *(one.text for one in found), end]) + "\n"
