"""Target encodings made over all rows: means of the label by category, with the holdout's labels in them.

Which category was encoded need not be known: all its rows have the same number, so that the number itself names
them. With n rows and a label sum of s, a mean is x = s / n, and one drawn towards the mean p of all by k rows is
x = (s + k·p) / (n + k). Then (x·n - s) / (p - x) is k, the same for every category; or 2k, 3k … where several
categories happen to have the same number.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.case import AuditCase, Leak
from tasks.judgement.leakage.coding import numbers_of
from tasks.judgement.leakage.sample import View
from tasks.judgement.leakage.wording import percent

_FEWEST_VALUES = 8
_ROWS_A_VALUE = 5
_MOST_CLASSES = 20
_EXACT = 1e-4
"""Of the labels' standard deviation: a mean that was written with four digits is still this one."""
_EXACT_PULLED = 1e-6
"""The same of one that was drawn to the middle; k is not known, so more would be met by chance."""
_MOST_ALIKE = 20
_NEARLY_ALL = 0.95
_AT_MOST = 0.5


def target_encodings(case: AuditCase, seen: View) -> Iterator[Leak]:
    """Yield the features that are means of the label over all rows, and not over train's alone."""
    for column in case.features:
        numbers = numbers_of(seen.learned.table.column(column))
        if numbers is None or not any(_may_be_means(numbers, y) for y in _targets(case, seen.learned.labels)):
            continue
        sides = [numbers_of(part.table.column(column)) for part in case.parts]
        values = [side for side in sides if side is not None]
        labels = [list(_targets(case, part.labels)) for part in case.parts]
        whole = [np.concatenate(part) for part in zip(*labels, strict=True)]
        shares = [
            (_reproduced(np.concatenate(values), y), _reproduced(values[0], t))
            for y, t in zip(whole, labels[0], strict=True)
        ]
        if found := [by_all for by_all, by_train in shares if by_all >= _NEARLY_ALL and by_train <= _AT_MOST]:
            yield _leak(column, found[0])


def _leak(column: str, share: float) -> Leak:
    return Leak(
        "fitted_before_split",
        "refuse",
        column,
        share,
        f"{column} is the mean of the target by category over all rows, the holdout's labels among them (reproduced in "
        f"{percent(share)} of the rows): compute it from earlier rows only, or leave it out: "
        f'features.exclude = ["{column}"]',
    )


def _targets(case: AuditCase, labels: FloatArray) -> Iterator[FloatArray]:
    """Yield what may have been averaged: the labels, or of several classes each one's indicator."""
    if case.task != "multiclass":
        yield labels
        return
    classes = int(max(part.labels.max(initial=0) for part in case.parts)) + 1
    yield from ((labels == k).astype(np.float64) for k in range(min(classes, _MOST_CLASSES)))


def _may_be_means(numbers: FloatArray, labels: FloatArray) -> bool:
    """Say by a look at some rows whether ``numbers`` can be means of ``labels``; most cannot."""
    filled = numbers[~np.isnan(numbers)]
    if len(filled) == 0 or filled.min() < labels.min() or filled.max() > labels.max():
        return False
    if filled.std() > labels.std() or abs(filled.mean() - labels.mean()) > labels.std() / 4:
        return False
    return bool(_FEWEST_VALUES <= len(np.unique(filled)) <= len(filled) / _ROWS_A_VALUE)


def _reproduced(numbers: FloatArray, labels: FloatArray) -> float:
    """Return the share of rows whose number is the mean label of all rows that have it, drawn to the middle or not."""
    filled = ~np.isnan(numbers)
    values, codes, rows = np.unique(numbers[filled], return_inverse=True, return_counts=True)
    if len(values) < _FEWEST_VALUES:
        return 0.0
    off = values * rows - np.bincount(codes, labels[filled], len(values))
    pulled = off - _pull(off, float(labels[filled].mean()) - values, rows)
    size = float(labels.std()) * rows
    return max(
        float(rows[np.abs(residual) <= exact * size].sum() / rows.sum())
        for residual, exact in ((off, _EXACT), (pulled, _EXACT_PULLED))
    )


def _pull(off: FloatArray, distance: FloatArray, rows: npt.NDArray[np.intp]) -> FloatArray:
    """Return by how much a pull towards the middle moves each sum, for the k that fits the most rows."""
    ratio = np.divide(off, distance, out=np.zeros_like(off), where=distance != 0)
    some = ratio > 0
    if not some.any():
        return np.zeros_like(off)
    _, bins = np.unique(np.round(np.log(ratio[some]), 6), return_inverse=True)
    commonest = np.bincount(bins, rows[some]).argmax()
    k = float(np.median(ratio[some][bins == commonest]))
    return np.asarray(np.clip(np.round(ratio / k), 1, _MOST_ALIKE) * k * distance)
