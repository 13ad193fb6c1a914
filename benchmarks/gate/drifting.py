"""A year of weeks in which what decides the label changes, or does not."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.data.matrix import FloatArray

Kind = Literal["ageing", "calm", "seasonal", "damaged"]
KINDS: dict[Kind, str] = {
    "ageing": "slowly ageing",
    "calm": "calm",
    "seasonal": "seasons that return",
    "damaged": "ageing, one training in ten damaged",
}
WEEKS, WINDOW, HOLDOUT = 52, 8, 2
"""Weeks that are judged, weeks of training rows, and weeks of holdout."""
ROWS, FRESH, FEATURES = 2_000, 20_000, 10
_DAYS, _BASE, _STRENGTH = 7, -1.0, 0.4
_DRIFT, _SWING, _SEASON = 0.05, 0.25, 26
_WOBBLE, _STORM = 0.08, 0.4


@dataclass(frozen=True)
class Rows:
    """Features, shape (rows, features), labels, and the day of each row."""

    features: FloatArray
    labels: FloatArray
    days: np.typing.NDArray[np.int64]

    @classmethod
    def joined(cls, parts: "list[Rows]") -> "Rows":
        columns = zip(*((part.features, part.labels, part.days) for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True)
class Year:
    """Rows that a team has of each week, and fresh ones of the same days that only the study sees."""

    weeks: tuple[Rows, ...]
    """The first WINDOW + HOLDOUT of them lie before the first judgement."""
    fresh: tuple[Rows, ...]


def make_year(kind: Kind, generator: np.random.Generator) -> Year:
    """Return a year of a world of that kind."""
    coefficients = _coefficients(kind, generator)
    pairs = [_week(number, c, generator) for number, c in enumerate(coefficients)]
    return Year(tuple(rows for rows, _ in pairs), tuple(fresh for _, fresh in pairs))


def _coefficients(kind: Kind, generator: np.random.Generator) -> FloatArray:
    """Return what each feature adds to the log-odds in each week: shape (weeks, features)."""
    weeks = np.arange(WINDOW + HOLDOUT + WEEKS)
    start = generator.normal(0, _STRENGTH, FEATURES)
    if kind == "calm":
        return np.tile(start, (len(weeks), 1))
    if kind == "seasonal":
        swing = generator.normal(0, _SWING, FEATURES)
        return np.asarray(start + np.sin(2 * np.pi * weeks / _SEASON)[:, None] * swing)
    return np.asarray(start + np.cumsum(generator.normal(0, _DRIFT, (len(weeks), FEATURES)), axis=0))


def _week(number: int, coefficients: FloatArray, generator: np.random.Generator) -> tuple[Rows, Rows]:
    """Return the week's rows, and fresh ones: its days have their own weather, and it is the same for both."""
    wobble = generator.normal(0, _WOBBLE, (_DAYS, FEATURES))
    storm = generator.normal(0, _STORM, _DAYS)

    def rows(count: int) -> Rows:
        features = generator.normal(size=(count, FEATURES))
        days = np.sort(generator.integers(0, _DAYS, count))
        log_odds = _BASE + storm[days] + (features * (coefficients + wobble[days])).sum(axis=1)
        labels = generator.random(count) < 1 / (1 + np.exp(-log_odds))
        return Rows(features, labels.astype(np.float64), days + _DAYS * number)

    return rows(ROWS), rows(FRESH)
