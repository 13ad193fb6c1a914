"""A page that studies make."""

from collections.abc import Sequence
from dataclasses import dataclass


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


def page(header: str, found: Sequence[Measured]) -> str:
    """Return the whole page: what was missed first, then each section, and how long each took."""
    missed = [f"{one.title}: {goal}" for one in found for goal in one.missed]
    verdict = f"**Missed: {'; '.join(missed)}.**" if missed else "All goals of this page are met."
    took = ", ".join(f"{one.name} {one.seconds:.0f} s" for one in found)
    minutes = sum(one.seconds for one in found) / 60
    end = f"## How long it takes\n\n{took}; {minutes:.0f} minutes in all, in two processes."
    return "\n\n".join([header + "\n" + verdict, *(one.text for one in found), end]) + "\n"
