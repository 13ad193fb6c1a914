"""Numbers that were scaled over all rows before the split: they have seen the holdout.

A mean of exactly 0, or a largest value of exactly 1, over all rows and not over those of train, is no accident.
"""

from collections.abc import Iterator
from math import sqrt

import numpy as np
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.case import AuditCase, Leak
from tasks.judgement.leakage.coding import numbers_of
from tasks.judgement.leakage.sample import View

_ZERO = 1e-5
"""Of a standard deviation: as far as numbers that were written with five digits may miss."""
_FARTHER = 20.0
"""Train has to miss by so many times as much."""
_FEWEST_ROWS = 50
_DIGITS = 6
"""A number that has no more decimals was measured or counted, not scaled."""


def scaled_columns(case: AuditCase, seen: View) -> Iterator[Leak]:
    """Yield the features that were standardised, or put between 0 and 1, over all rows."""
    for column in case.features:
        if pa.types.is_floating(seen.learned.table.schema.field(column).type) and _may_be_scaled(seen, column):
            train = _values(case.train.table, column)
            whole = np.concatenate([train, *(_values(part.table, column) for part in case.parts[1:])])
            yield from _scaled(column, train, whole)
            if case.rest is not None and case.rest.num_rows and column in case.rest.column_names:
                yield from _scaled(column, train, np.concatenate([whole, _values(case.rest, column)]))


def _may_be_scaled(seen: View, column: str) -> bool:
    """Say by a look at some rows whether a column can be what is sought; most cannot."""
    values = _values(seen.learned.table, column)
    if len(values) == 0 or np.array_equal(values, np.round(values, _DIGITS)):
        return False
    centred = abs(values.mean()) < values.std()
    return bool(centred or (values.min() >= 0 and values.max() <= 1))


def _values(table: pa.Table, column: str) -> FloatArray:
    numbers = numbers_of(table.column(column))
    assert numbers is not None
    return numbers[np.isfinite(numbers)]


def _scaled(column: str, train: FloatArray, whole: FloatArray) -> Iterator[Leak]:
    if _is_standard(train, whole):
        yield _leak(column, "mean is 0", float(train.mean()))
    elif _is_unit_range(train, whole):
        far = max(float(train.min()), 1 - float(train.max()))
        yield _leak(column, "least and largest value are 0 and 1", far)


def _is_standard(train: FloatArray, whole: FloatArray) -> bool:
    """Say whether the mean is 0 over all rows and not over train; or the spread is 1, if it was not centred."""
    spreads = float(whole.std()), float(train.std())
    if spreads[0] == 0 or len(train) < _FEWEST_ROWS:
        return False
    centre = _misses(float(whole.mean()) / spreads[0], float(train.mean()) / spreads[0])
    unbiased = [spread * sqrt(len(x) / (len(x) - 1)) for spread, x in zip(spreads, (whole, train), strict=True)]
    return centre or _misses(spreads[0] - 1, spreads[1] - 1) or _misses(unbiased[0] - 1, unbiased[1] - 1)


def _misses(whole: float, train: float) -> bool:
    return abs(whole) < _ZERO and abs(train) > _FARTHER * _ZERO


def _is_unit_range(train: FloatArray, whole: FloatArray) -> bool:
    """Say whether the values go from exactly 0 to exactly 1, and in train not so far."""
    if len(train) == 0 or whole.min() != 0 or whole.max() != 1:
        return False
    return bool(train.min() > 0 or train.max() < 1)


def _leak(column: str, what: str, figure: float) -> Leak:
    return Leak(
        "fitted_before_split",
        "warn",
        column,
        abs(figure),
        f"{column}: the {what} over all rows, exactly, and off by {abs(figure):.2g} over those of train: it was scaled "
        f"before the split, with the holdout in view; hand in the raw values, or leave it out: "
        f'features.exclude = ["{column}"]',
    )
