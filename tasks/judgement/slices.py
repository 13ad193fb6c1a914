"""Parts of the holdout by themselves: reported, not decided on."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tasks.judgement.significance import Bootstrap, Pair, compare
from tasks.judgement.verdict import SliceReport, SliceResult

MOST_VALUES = 12
"""Reported of a column; the rest would be noise, and a page that nobody reads."""

Words = npt.NDArray[np.str_]


def report(pair: Pair, columns: Mapping[str, Words], bootstrap: Bootstrap, *, min_rows: int) -> tuple[SliceReport, ...]:
    """Return for each column how the two models compare on the rows of each of its largest values.

    Words of shape (rows,). The worst for the challenger come first, the untestable ones last.
    """
    return tuple(_column(name, words, pair, (bootstrap, min_rows)) for name, words in columns.items())


def _column(name: str, words: Words, pair: Pair, how: tuple[Bootstrap, int]) -> SliceReport:
    values, rows = np.unique(words, return_counts=True)
    largest = values[np.argsort(-rows, kind="stable")[:MOST_VALUES]]
    results = [_result(str(value), pair.rows(words == value), *how) for value in largest]
    return SliceReport(name, tuple(sorted(results, key=_worst_first)), len(values) - len(largest))


def _result(value: str, pair: Pair, bootstrap: Bootstrap, min_rows: int) -> SliceResult:
    binary = "binary" in bootstrap.metric.tasks and pair.challenger.ndim == 1
    positives = int((pair.labels == 1).sum()) if binary else None
    reason = _why_not(pair, bootstrap, min_rows)
    comparison = None if reason else compare(pair, bootstrap)
    if comparison and not comparison.usable:
        comparison, reason = None, "one class only on many resamples"
    return SliceResult(value, len(pair.labels), positives, comparison, reason)


def _why_not(pair: Pair, bootstrap: Bootstrap, min_rows: int) -> str | None:
    if len(pair.labels) < min_rows:
        return f"fewer than {min_rows:,} rows"
    if "regression" not in bootstrap.metric.tasks and len(np.unique(pair.labels)) == 1:
        return "one class only"
    return None


def _worst_first(result: SliceResult) -> tuple[bool, float, str]:
    difference = result.comparison.difference if result.comparison else float(-result.rows)
    return result.comparison is None, difference, result.value
