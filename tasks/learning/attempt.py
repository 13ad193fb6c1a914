"""One candidate on one window, and how well it does on validation."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isnan, nan
from time import perf_counter

import numpy as np

from tasks.data.matrix import Labelled
from tasks.errors import NotEnoughData
from tasks.learning.estimator import Candidate, Fitted, fit, predict_validation, quick
from tasks.learning.problem import Problem
from tasks.learning.windows import Choice
from tasks.metrics import evaluate, find_metric
from tasks.spec import ModelSpec

_ENOUGH = 50_000
"""Rows of the longest window that tell windows apart."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A candidate, and the window that it is to learn from."""

    candidate: Candidate
    choice: Choice


@dataclass(frozen=True, eq=False)
class Attempt:
    """What came of an entry."""

    entry: Entry
    fitted: Fitted
    metrics: dict[str, float]
    """On validation."""
    value: float
    """Of the metric that decides; nan where too few labels of an anomaly have come."""
    seconds: float
    """Time to fit and to predict validation."""
    full: bool
    """Trained to its end, and not only looked at."""


@dataclass(frozen=True, eq=False)
class Course:
    """What all entries of a training are measured by."""

    spec: ModelSpec
    validation: Labelled
    problem: Problem

    def run(self, entry: Entry) -> Attempt:
        """Train an entry to its end."""
        return self._attempt(entry, entry.candidate, entry.choice.rows, full=True)

    def look(self, entry: Entry, share: float) -> Attempt:
        """Train an entry at a part of the price: fewer rounds, and on about a ``share`` of its rows.

        The share is the same for every window, so that the longer of two keeps what it is longer by; where the
        longest has few rows, all of them are taken.
        """
        rows = entry.choice.rows
        whole = rows.origin.whole if rows.origin else rows
        some = max(share, _ENOUGH / len(whole))
        if some < 1:
            drawn = np.random.default_rng(self.problem.seed).random(len(whole)) < some
            rows = rows.part(drawn[rows.origin.places] if rows.origin else drawn)
        return self._attempt(entry, quick(entry.candidate), rows, full=False)

    def cost(self, value: float) -> float:
        """Return a value of the metric that decides as a number of which less is better; nan is worse than any."""
        return inf if isnan(value) else find_metric(self.spec.gate.metric).gain(0.0, value)

    def best(self, attempts: Iterable[Attempt]) -> Attempt:
        """Return the best; of equals the earliest."""
        return min(attempts, key=lambda one: self.cost(one.value))

    def _attempt(self, entry: Entry, candidate: Candidate, rows: Labelled, *, full: bool) -> Attempt:
        start = perf_counter()
        fitted = fit(candidate, rows, self.validation, self.problem)
        predictions = predict_validation(fitted, self.validation)
        seconds = perf_counter() - start
        metrics = evaluate(self.spec.task, self.validation.labels, predictions, self.spec.gate.metric)
        return Attempt(entry, fitted, metrics, self._value(metrics), seconds, full)

    def _value(self, metrics: dict[str, float]) -> float:
        value = metrics[self.spec.gate.metric]
        if self.spec.task == "anomaly":
            return value if len(self.validation) >= self.spec.gate.min_rows else nan
        if isnan(value):
            raise NotEnoughData(
                f"{self.spec.model}: gate.metric {self.spec.gate.metric} has no value on the "
                f"{len(self.validation):,} rows of validation: the labels are all alike. "
                f"Set a longer window.validation, or another gate.metric"
            )
        return value
