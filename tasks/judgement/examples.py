"""Which rows of a holdout a person wants to look at one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement.holdout import Holdout
from tasks.metrics.losses import log_loss, squared_error

_MOST_CLASSES = 3
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Example:
    """A row of the holdout, by its place, and why it is shown."""

    place: int
    why: str


def examples(held: Holdout, classes: Sequence[str]) -> tuple[Example, ...]:
    """Return a handful of rows, each once; of equal ones the earliest.

    First those that change most if the challenger is promoted: the decision is about them. Then those where it is
    most wrong and most sure of itself: wrong labels, leaks and features that came too late show there first. Last
    typical ones, of each outcome, so that the odd ones have something to be odd beside.
    """
    if not len(held.labels):
        return ()
    found = list(_changed(held))
    match held.task:
        case "binary":
            found += _binary(held)
        case "multiclass":
            found += _multiclass(held, classes)
        case "regression":
            found += _regression(held)
    first: dict[int, Example] = {}
    for one in found:
        first.setdefault(one.place, one)
    return tuple(first.values())


def _changed(held: Holdout) -> Iterator[Example]:
    if held.champion is None:
        return
    change = held.challenger - held.champion
    if held.task == "multiclass":
        distance = np.abs(change).sum(axis=1)
        if distance.any():
            yield Example(int(distance.argmax()), "promotion changes its prediction most")
        return
    if change.max() > 0:
        yield Example(int(change.argmax()), "promotion raises its prediction most")
    if change.min() < 0:
        yield Example(int(change.argmin()), "promotion lowers its prediction most")


def _binary(held: Holdout) -> Iterator[Example]:
    positive, negative = (np.flatnonzero(held.labels == label) for label in (1, 0))
    if len(positive):
        yield Example(_at(positive, -held.challenger), "positive, and the prediction surest that it is not")
    if len(negative):
        yield Example(_at(negative, held.challenger), "negative, and the prediction surest that it is positive")
    if len(positive):
        yield Example(_middle(positive, held.challenger), "a typical positive")
    if len(negative):
        yield Example(_middle(negative, held.challenger), "a typical negative")


def _multiclass(held: Holdout, classes: Sequence[str]) -> Iterator[Example]:
    loss = log_loss(held.labels, held.challenger)
    yield Example(int(loss.argmax()), "its class was thought least likely")
    codes, counts = np.unique(held.labels.astype(np.intp), return_counts=True)
    for code in codes[np.argsort(-counts, kind="stable")][:_MOST_CLASSES]:
        own = held.challenger[:, code]
        yield Example(_middle(np.flatnonzero(held.labels == code), own), f"a typical {classes[code]}")


def _regression(held: Holdout) -> Iterator[Example]:
    error = held.challenger - held.labels
    yield Example(int(error.argmax()), "predicted too high by most")
    yield Example(int(error.argmin()), "predicted too low by most")
    usual = squared_error(held.labels, held.challenger)
    well = np.flatnonzero(usual <= np.median(usual))
    for share, name in ((0.1, "low"), (0.5, "middling"), (0.9, "high")):
        yield Example(_middle(well, held.challenger, share), f"a typical {name} prediction")


def _at(rows: Places, amounts: FloatArray) -> int:
    """Return the row with the largest amount."""
    return int(rows[amounts[rows].argmax()])


def _middle(rows: Places, amounts: FloatArray, share: float = 0.5) -> int:
    """Return the row in the middle by amount, or at another ``share`` of the way up."""
    return int(rows[np.argsort(amounts[rows], kind="stable")[round(share * (len(rows) - 1))]])
