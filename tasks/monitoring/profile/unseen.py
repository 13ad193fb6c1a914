"""How far windows lie from what others say is usual: each part of a history, judged by the rest of it.

Where blocks remember, a history holds few windows that tell anything new, and what is usual fits those that it was
learned from better than those to come: a column with a trend goes on to where it never was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.distance import Reference, measure
from tasks.monitoring.profile.profile import Profile
from tasks.monitoring.profile.stability import Plan, Stable, stable_histories
from tasks.monitoring.profile.usual import Strengths, Usual, strengths, usual_of, usual_of_later_windows

PARTS, _HISTORIES = 4, 8
_STRAYS = 2.0
"""Times what is so of half of the columns: more is no chance."""


@dataclass(frozen=True)
class Part:
    """The real windows of one part, and what the rest says is usual."""

    windows: Stable
    usual: Usual


@dataclass(frozen=True)
class Widening:
    """How much wider than was thought the windows of parts lie around what is usual: at least 1 each."""

    columns: FloatArray
    """Shape (statistics, columns)."""
    volume: float

    @property
    def strays(self) -> npt.NDArray[np.bool_]:
        """Which columns go to where they never were: theirs is a season, or a trend. Shape (statistics, columns)."""
        return np.asarray(self.columns > _STRAYS * np.median(self.columns, axis=1, keepdims=True))

    def of(self, usual: Usual) -> Usual:
        """Return ``usual`` with its spreads widened."""
        return Usual(usual.centre, usual.spread * self.columns, usual.volume * self.volume)


def unseen_parts(profile: Profile, plan: Plan, *, run: int, seed: int) -> Iterator[Part]:
    """Yield each part of the history of ``profile``, with what the others say is usual."""
    blocks = np.arange(len(profile.counts))
    few = Plan(plan.window, plan.step, plan.checks, _HISTORIES)
    for held in np.array_split(blocks, PARTS):
        rest = profile.only(np.setdiff1d(blocks, held))
        base = Reference(rest.binning, rest.whole)
        stable = list(stable_histories(rest, few, run=min(run, len(rest.rows) // 2), seed=seed))
        usual = usual_of_later_windows(usual_of(stable, base.degrees), plan.window / len(rest.rows))
        windows = profile.only(held).windows(plan.window)
        expected = max(float(rest.rows.mean()) * plan.window, 1.0)
        yield Part(Stable(measure(windows.counts, base), windows.rows / expected), usual)


def widening(parts: Sequence[Part]) -> Widening:
    """Return how much wider the windows of ``parts`` lie than the rest of the history lets expect.

    Of each column that of its worst part (root mean square), and at least what is so of half of the columns: how calm
    a single one was in a few windows says little of how calm it will be.
    """
    worst = np.max([np.sqrt((_off(part) ** 2).mean(axis=1)) for part in parts], axis=0)
    volume = [np.log(np.maximum(part.windows.rows, 1e-9)) / part.usual.volume for part in parts]
    return Widening(
        np.maximum(worst, np.maximum(np.median(worst, axis=1, keepdims=True), 1)),
        max(*(float(np.sqrt((off**2).mean())) for off in volume), 1.0),
    )


def strongest(parts: Sequence[Part]) -> FloatArray:
    """Return the largest strength of each window of each part, shape (parts, windows).

    Each part is judged by how much wider the others lie, and not by how much it does itself. Columns that stray are
    left out: one with a season or a trend has wide limits of its own, and must not widen those of all others.
    """
    calm = ~widening(parts).strays[:, None, :]
    found = []
    for place, part in enumerate(parts):
        usual = widening([*parts[:place], *parts[place + 1 :]]).of(part.usual)
        strong = strengths(part.windows.distances, part.windows.rows, usual)
        found.append(Strengths(strong.columns * calm, strong.volume).most)
    shortest = min(map(len, found))
    return np.stack([most[:shortest] for most in found])


def _off(part: Part) -> FloatArray:
    """Return how many spreads each statistic of each window is off, shape (statistics, windows, columns)."""
    centre, spread = part.usual.centre[:, None, :], part.usual.spread[:, None, :]
    return np.asarray((part.windows.distances.statistics - centre) / spread)
