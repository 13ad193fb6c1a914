"""Which rows of train a candidate learns from, and how much the older ones count."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from tasks.data.matrix import Ages, FloatArray, Labelled
from tasks.data.window import Window, microseconds_of
from tasks.spec import ModelSpec, WindowSpec, write_duration
from tasks.spec.values import Length, write_length


@dataclass(frozen=True)
class TrainWindow:
    """The newest part of train, or all of it with older rows counting less."""

    length: Length
    half_life: timedelta | None = None
    """A row that is so much older counts half."""

    def __str__(self) -> str:
        weighted = f", half-life {write_duration(self.half_life)}" if self.half_life else ""
        return write_length(self.length) + weighted

    def within(self, train: Window) -> Window:
        """Return the stretch of time of these rows; ``train`` is that of the longest window."""
        return train if self.length == "all" else Window(train.end - self.length, train.end)

    def take(self, train: Labelled) -> Labelled:
        """Return the rows of ``train`` that are in the window, with their weights."""
        found = train
        if train.ages is not None and self.length != "all":
            found = train.part(train.ages <= microseconds_of(self.length))
        weights = trusted(self.weights(found.ages), found.trust)
        return found if weights is None else found.weighted(weights)

    def weights(self, ages: Ages | None) -> FloatArray | None:
        """Return how much rows of such ``ages``, microseconds, count; None: all alike."""
        if self.half_life is None or ages is None:
            return None
        return np.exp2(-ages / microseconds_of(self.half_life))


def trusted(weights: FloatArray | None, trust: FloatArray | None) -> FloatArray | None:
    """Return how much rows count of which labels are believed so far; None: all alike."""
    if weights is None or trust is None:
        return trust if weights is None else weights
    return weights * trust


@dataclass(frozen=True)
class Choice:
    """A window that is tried, with its rows."""

    window: TrainWindow
    rows: Labelled


@dataclass(frozen=True)
class LeftOut:
    """A window or candidate that is not tried, and why."""

    what: str
    why: str


def windows_of(spec: WindowSpec) -> tuple[TrainWindow, ...]:
    """Return every window of a spec: its lengths, then the longest once more for each half-life."""
    plain = [TrainWindow(length) for length in spec.lengths]
    return (*plain, *(TrainWindow(spec.longest, half_life) for half_life in spec.half_life))


def choices(spec: WindowSpec, train: Labelled, *, least: int, classes: bool) -> tuple[list[Choice], list[LeftOut]]:
    """Return the windows that can be learned from, and those that cannot.

    A window needs ``least`` rows and, with ``classes``, two of them. One that has no other rows than one before it,
    because there is no older history yet, is not tried twice. The longest always stays: the caller has seen to it.
    """
    found: list[Choice] = []
    out: list[LeftOut] = []
    for window in windows_of(spec):
        choice = Choice(window, window.take(train))
        if why := _reason(choice, found, least, classes):
            out.append(LeftOut(str(window), why))
        else:
            found.append(choice)
    if not found:
        found, out = [Choice(TrainWindow(spec.longest), train)], []
    return found, out


def windows_for(spec: ModelSpec, train: Labelled) -> tuple[list[Choice], list[LeftOut]]:
    """Return the windows of ``train`` that can be learned from, and those that cannot."""
    return choices(spec.window, train, least=2 * spec.gate.min_rows, classes=spec.task in ("binary", "multiclass"))


def _reason(choice: Choice, found: Sequence[Choice], least: int, classes: bool) -> str | None:
    """Return why a window is not tried; None: it is."""
    rows = choice.rows
    if len(rows) < least:
        return f"{len(rows):,} labelled rows; at least {least:,} are needed"
    if classes and len(np.unique(rows.labels)) < 2:
        return f"one class only in its {len(rows):,} rows"
    for other in _unweighted(found):
        if choice.window.half_life is None and len(other.rows) == len(rows):
            return f"the same rows as {other.window}: there are no older ones"
    return None


def _unweighted(found: Sequence[Choice]) -> Iterator[Choice]:
    return (choice for choice in found if choice.window.half_life is None)
