"""Columns that add up to the target: total = goods + freight, known only once the order is billed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.case import AuditCase, Finding, Leak, Untested
from tasks.judgement.leakage.coding import numbers_of
from tasks.judgement.leakage.persistence import follows_known_labels
from tasks.judgement.leakage.sample import Side, View, known_afterwards, spread

_EXACT = 1e-6
"""Of the labels' variance left unexplained: less is arithmetic, not nature."""
_COUNTS = 0.01
"""A column that contributes less of a standard deviation than this is none of the parts."""
_ROWS_A_COLUMN = 3
_SINGULAR = 1e-12
_MOST_ROWS = 5_000
"""Of each side: arithmetic shows in few rows."""
_FILLED = 0.9
"""Share of the rows in which a column that is left out has a value; with fewer there is not enough to look at."""
_NEAR = ("target_copy", "near_copy")


@dataclass(frozen=True)
class _Sum:
    """What the target is made of."""

    parts: tuple[str, ...]
    """The largest first."""
    grows: bool
    """It grows with each of them, as a whole does; a change does not grow with what was before."""
    share: float
    """Of the labels' variance that is explained."""


def sums_of_columns(case: AuditCase, seen: View, found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield a leak when a weighted sum of features is the target, or would be with columns that are left out.

    ``found`` is what other checks say. A column that they refuse is no part, unless for being near to the target: the
    largest part of a sum is.
    """
    if case.task == "multiclass":
        return
    refused = {leak.column: leak.kind for leak in found if isinstance(leak, Leak) and leak.severity == "refuse"}
    columns = [name for name in case.features if refused.get(name, _NEAR[0]) in _NEAR]
    whole = _add_up(seen, columns)
    if isinstance(whole, Untested):
        yield whole
    elif whole is None:
        yield from _with_left_out(case, seen, columns)
    elif column := next((name for name in whole.parts if name not in refused), None):
        yield _leak(column, whole)


def _with_left_out(case: AuditCase, seen: View, features: Sequence[str]) -> Iterator[Leak]:
    """Yield features that add up to the target with columns that spec or contract leave out.

    Whether they must be left out with those is not in the data: a price is known before the surcharge that makes it
    the amount. So each is a question, and none where it is what an earlier label was.
    """
    idle = {case.timestamp, *case.key, *case.features}
    both = tuple(
        Side(_side_by_side(side.table, known), side.labels)
        for side, known in zip((seen.learned, seen.judged), known_afterwards(case), strict=True)
    )
    wider = View(seen.task, *both)
    there = [name for name in both[0].table.column_names if name in both[1].table.column_names]
    beside = [name for name in there if name not in idle and _is_filled(both[0], name)]
    if not beside or isinstance(_add_up(wider, beside), _Sum):
        return
    whole = _add_up(wider, [*features, *beside])
    if isinstance(whole, _Sum) and whole.grows:
        others = [part for part in whole.parts if part in beside]
        for name in (part for part in whole.parts if part in features):
            if not follows_known_labels(name, case, seen):
                yield _suspicion(name, others, whole)


def _add_up(seen: View, names: Sequence[str]) -> _Sum | Untested | None:
    """Return of which columns ``names`` the target is the sum; None: of none, or of one alone, which is a copy."""
    columns = [name for name in names if _varies(seen.learned, name) and not _is_target(seen, name)]
    if len(columns) < 2:
        return None
    (design, known), (judged, labels) = (_rows(side, columns) for side in (seen.learned, seen.judged))
    if _too_few(known, labels, columns):
        return Untested(f"columns that add up to the target: too few rows in which all {len(columns)} are filled")
    weights = _fit(design, known)
    left = _left(weights, judged, labels)
    if left >= _EXACT:
        return None
    contributions = weights[1:] * design.std(axis=0) / labels.std()
    order = [place for place in np.argsort(-np.abs(contributions)) if abs(contributions[place]) > _COUNTS]
    return _Sum(tuple(columns[place] for place in order), bool((contributions[order] > 0).all()), 1 - left)


def _is_target(seen: View, column: str) -> bool:
    """Say whether a column alone is the target, in whatever unit."""
    (design, known), (judged, labels) = (_rows(side, [column]) for side in (seen.learned, seen.judged))
    return not _too_few(known, labels, [column]) and _left(_fit(design, known), judged, labels) < _EXACT


def _too_few(learned: FloatArray, judged: FloatArray, columns: Sequence[str]) -> bool:
    return min(len(learned), len(judged)) < _ROWS_A_COLUMN * (len(columns) + 1) or judged.std() == 0


def _leak(column: str, whole: _Sum) -> Leak:
    listed = ", ".join(f'"{name}"' for name in whole.parts)
    return Leak(
        "sum_of_columns",
        "refuse",
        column,
        whole.share,
        f"a weighted sum of {', '.join(whole.parts)} is the target to the last digit: if they are known only "
        f'afterwards, give them role "outcome" in the contract or leave them out: features.exclude = [{listed}]; if '
        "they are known beforehand, no model is needed",
        whole.parts,
    )


def _suspicion(column: str, others: Sequence[str], whole: _Sum) -> Leak:
    left_out = ", ".join(others)
    return Leak(
        "sum_of_columns",
        "warn",
        column,
        whole.share,
        f"with {left_out}, which nothing is learned from, {column} adds up to the target to the last digit: if it is "
        f'known only afterwards, as they are, leave it out, too: features.exclude = ["{column}"]',
        whole.parts,
    )


def _side_by_side(table: pa.Table, other: pa.Table | None) -> pa.Table:
    if other is not None:
        for name in other.column_names:
            table = table if name in table.column_names else table.append_column(name, other.column(name))
    return table


def _is_filled(side: Side, column: str) -> bool:
    numbers = numbers_of(side.table.column(column))
    return numbers is not None and float(np.isfinite(numbers).mean()) >= _FILLED


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


def _left(weights: FloatArray, design: FloatArray, labels: FloatArray) -> float:
    """Return the share of the labels' variance that a sum with these weights leaves."""
    return float(np.var(labels - design @ weights[1:])) / max(float(labels.var()), 1e-300)


def _fit(design: FloatArray, labels: FloatArray) -> FloatArray:
    """Return the constant and the weights of least squares, found on columns of mean 0 and spread 1."""
    centre, spread = design.mean(axis=0), design.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (design - centre) / spread
    products = scaled.T @ scaled, scaled.T @ (labels - labels.mean())
    weights = np.linalg.lstsq(*products, rcond=_SINGULAR)[0] / spread
    return np.concatenate([[labels.mean() - centre @ weights], weights])
