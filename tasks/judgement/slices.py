"""Parts of the holdout by themselves: a gain overall must not hide a loss for some."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from math import nan

import numpy as np
import numpy.typing as npt

from tasks.judgement.multiplicity import holm
from tasks.judgement.partition import Partition
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.judgement.verdict import SliceReport, SliceResult

MOST_VALUES = 12
"""Tested of a column; more would cost every one of them power, and make a page that nobody reads."""
FOUND = "found by search"
"""The column of slices that nobody declared."""


@dataclass(frozen=True)
class Suspect:
    """A part of the holdout that may do worse, and the rows that did not make it one: only they may test it."""

    name: str
    rows: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SliceRules:
    """When a slice can be tested, and how much worse it may be."""

    min_rows: int
    margin: float


def report(pair: Pair, columns: Mapping[str, Partition], test: PairedTest, rules: SliceRules) -> list[SliceReport]:
    """Return for each column how the two models compare on the rows of each of its largest values.

    The worst for the challenger come first, the untestable ones last. Nothing is decided yet: see ``decide``.
    """
    return [_column(name, parts, pair, (test, rules)) for name, parts in columns.items()]


def report_suspects(pair: Pair, suspects: list[Suspect], test: PairedTest, rules: SliceRules) -> list[SliceReport]:
    """Return how the two models compare on each suspect's rows; no report where there is none."""
    results = [_result(suspect.name, pair.rows(suspect.rows), test, rules) for suspect in suspects]
    return [SliceReport(FOUND, tuple(sorted(results, key=_worst_first)), 0)] if results else []


def decide(reports: list[SliceReport], alpha: float) -> tuple[SliceReport, ...]:
    """Return the reports with every slice marked on which the challenger is shown to be worse than the margin.

    Over all slices together, one that is no worse is marked at most ``alpha`` of the time.
    """
    verdicts = iter(holm([nan if r.p is None else r.p for r in chain(*(found.results for found in reports))], alpha))
    return tuple(
        replace(found, results=tuple(replace(result, regressed=next(verdicts)) for result in found.results))
        for found in reports
    )


def _column(name: str, parts: Partition, pair: Pair, how: tuple[PairedTest, SliceRules]) -> SliceReport:
    sizes = parts.sizes()
    there = int((sizes > 0).sum())
    largest = np.argsort(-sizes, kind="stable")[: min(MOST_VALUES, there)]
    results = [_result(parts.names[code], pair.rows(parts.has(code)), *how) for code in largest]
    return SliceReport(name, tuple(sorted(results, key=_worst_first)), there - len(largest))


def _result(value: str, pair: Pair, test: PairedTest, rules: SliceRules) -> SliceResult:
    binary = "binary" in test.metric.tasks and pair.challenger.ndim == 1
    positives = int((pair.labels == 1).sum()) if binary else None
    reason = _why_not(pair, test, rules.min_rows)
    comparison = None if reason else compare(pair, test)
    if comparison and not comparison.usable:
        comparison, reason = None, "one class only on many resamples"
    p = comparison.p_worse(rules.margin) if comparison else None
    return SliceResult(value, len(pair.labels), positives, comparison, reason, p)


def _why_not(pair: Pair, test: PairedTest, min_rows: int) -> str | None:
    if len(pair.labels) < min_rows:
        return f"fewer than {min_rows:,} rows"
    if "regression" not in test.metric.tasks and len(np.unique(pair.labels)) == 1:
        return "one class only"
    return None


def _worst_first(result: SliceResult) -> tuple[bool, float, str]:
    difference = result.comparison.difference if result.comparison else float(-result.rows)
    return result.comparison is None, difference, result.value
