"""Columns that add up to the target: total = goods + freight, known only once the order is billed."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.case import AuditCase, Finding, Leak, Untested
from tasks.judgement.leakage.coding import numbers_of
from tasks.judgement.leakage.sample import Side, View, spread

_EXACT = 1e-6
"""Of the labels' variance left unexplained: less is arithmetic, not nature."""
_COUNTS = 0.01
"""A column that contributes less of a standard deviation than this is none of the parts."""
_ROWS_A_COLUMN = 3
_SINGULAR = 1e-12
_MOST_ROWS = 5_000
"""Of each side: arithmetic shows in few rows."""


def sums_of_columns(case: AuditCase, seen: View, told: Sequence[str]) -> Iterator[Finding]:
    """Yield a leak when a weighted sum of features is the target; those in ``told`` were found already."""
    if case.task == "multiclass":
        return
    columns = [name for name in case.features if name not in told and _varies(seen.learned, name)]
    if len(columns) < 2:
        return
    (design, known), (judged, labels) = (_rows(side, columns) for side in (seen.learned, seen.judged))
    if min(len(known), len(labels)) < _ROWS_A_COLUMN * (len(columns) + 1) or labels.std() == 0:
        yield Untested(f"columns that add up to the target: too few rows in which all {len(columns)} are filled")
        return
    weights = _fit(design, known)
    left = float(np.var(labels - judged @ weights[1:])) / max(float(labels.var()), 1e-300)
    if left < _EXACT:
        yield _leak(columns, np.abs(weights[1:] * design.std(axis=0)) / labels.std(), 1 - left)


def _leak(columns: Sequence[str], contributions: FloatArray, share: float) -> Leak:
    parts = [columns[place] for place in np.argsort(-contributions) if contributions[place] > _COUNTS]
    listed = ", ".join(f'"{name}"' for name in parts)
    return Leak(
        "sum_of_columns",
        "refuse",
        parts[0],
        share,
        f"a weighted sum of {', '.join(parts)} is the target to the last digit: if they are known only afterwards, "
        f'give them role "outcome" in the contract or leave them out: features.exclude = [{listed}]; if they are known '
        "beforehand, no model is needed",
        tuple(parts),
    )


def _varies(side: Side, column: str) -> bool:
    numbers = numbers_of(side.table.column(column))
    return numbers is not None and bool(np.isfinite(numbers).any()) and float(np.nanstd(numbers)) > 0


def _rows(side: Side, columns: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Return numbers and labels of some rows that have no gap."""
    some = spread(len(side.labels), _MOST_ROWS)
    numbers = [numbers_of(side.table.column(name).take(pa.array(some))) for name in columns]
    design = np.column_stack([column for column in numbers if column is not None])
    whole = np.isfinite(design).all(axis=1)
    return design[whole], side.labels[some][whole]


def _fit(design: FloatArray, labels: FloatArray) -> FloatArray:
    """Return the constant and the weights of least squares, found on columns of mean 0 and spread 1."""
    centre, spread = design.mean(axis=0), design.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (design - centre) / spread
    products = scaled.T @ scaled, scaled.T @ (labels - labels.mean())
    weights = np.linalg.lstsq(*products, rcond=_SINGULAR)[0] / spread
    return np.concatenate([[labels.mean() - centre @ weights], weights])
