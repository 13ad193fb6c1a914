"""A number that no longer goes with the others: row by row, they say what it should be, and so what was done to it.

A dew point and a humidity tell the temperature within a degree or two, in summer as in winter. Where they do, a known
map that brings strange values back to what the others say, or two columns that make sense in each other's place, is the
fault, even where the weather of a week changes distributions by more than the fault does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.maps import MAPS
from tasks.monitoring.triage.relations import Relation, Rows, relations
from tasks.monitoring.triage.sample import Sample
from tasks.monitoring.triage.view import Column, View
from tasks.monitoring.triage.wording import affected, join

_MOST_COLUMNS = 60
"""What more of them say of one another takes longer than all else of a check: ten seconds for two hundred."""
_STRANGE = 0.08
"""So many more rows than in any window that was fine are not what the other columns say."""
_EXPLAINED = 0.65
"""Of these, so many are once the fault is undone; a new season makes some strange by itself."""
_ALONE = 0.25
"""So many fewer are so by any other map: where many maps do, it is the season, and no fault."""
_FAR = 1.5
"""Tolerances, and half of the strange rows or more are as far off: a fault moves rows, a season strays."""
_MARGIN = 0.02
"""Undone, a column may be so much farther from what it was: it is another column that is at fault, else."""


@dataclass(frozen=True)
class _Table:
    """The current window's numbers, and the relations that no longer hold."""

    numbers: tuple[Column, ...]
    rows: FloatArray
    odd: tuple[Relation, ...]


@dataclass(frozen=True)
class _Suspicion:
    finding: Finding
    left: float
    """Of the strange rows, how many it does not explain."""


def related_columns(view: View) -> Iterator[Finding]:
    """Yield the fault that best explains why a number is no longer what the other columns say."""
    numbers = tuple(column for column in view.columns if not column.is_text and len(column.norm.present))
    if not 2 <= len(numbers) <= _MOST_COLUMNS:
        return
    known = relations([_together(parts) for parts in zip(*(column.fine for column in numbers), strict=True)])
    if not known:
        return
    rows = _together([column.current for column in numbers])
    scaled = known[0].scale.of(rows)
    odd = tuple(relation for relation in known if _is_broken(relation, scaled))
    found = [*_converted(table := _Table(numbers, rows, odd)), *_swapped(table)]
    if found:
        yield min(found, key=lambda one: one.left).finding


def _is_broken(relation: Relation, rows: Rows) -> bool:
    off = relation.off(rows)
    strange = off > relation.tolerance
    if strange.mean() <= relation.usual + _STRANGE:
        return False
    return bool(np.median(off[strange]) > _FAR * relation.tolerance)


def _converted(table: _Table) -> Iterator[_Suspicion]:
    for relation in table.odd:
        column, strange = table.numbers[relation.place], _strange(relation, table.rows)
        values, share = table.rows[:, relation.place], float(strange.mean())
        undone = [np.where(strange, by.undo(values), values) for by in MAPS]
        left = np.array([_still(relation, strange, _put(table.rows, {relation.place: one})) for one in undone])
        best, second = np.argsort(left, kind="stable")[:2]
        if left[best] > min(1 - _EXPLAINED, left[second] - _ALONE) or not _is_as_near(column, undone[best]):
            continue
        sentence = (
            f"fix the data: {join([column.name])} looks {MAPS[best].sentence}{affected(share)}: undone, it goes with "
            "the other columns as it did"
        )
        confidence = float(1 - left[best])
        finding = Finding("unit_change", "fix_the_data", (column.name,), share, confidence, sentence)
        yield _Suspicion(finding, 1 - confidence)


def _swapped(table: _Table) -> Iterator[_Suspicion]:
    for one, other in combinations(table.odd, 2):
        strange = _strange(one, table.rows) | _strange(other, table.rows)
        first, second = (table.rows[:, relation.place] for relation in (one, other))
        back = {one.place: np.where(strange, second, first), other.place: np.where(strange, first, second)}
        rows = _put(table.rows, back)
        left = max(_still(relation, strange, rows) for relation in (one, other))
        columns = [table.numbers[relation.place] for relation in (one, other)]
        if left <= 1 - _EXPLAINED and all(_is_as_near(c, v) for c, v in zip(columns, back.values(), strict=True)):
            share, names = float(strange.mean()), tuple(column.name for column in columns)
            sentence = (
                f"fix the data: {join(names)} look swapped{affected(share)}: put back, they go with the other columns "
                "as they did"
            )
            yield _Suspicion(Finding("swapped_columns", "fix_the_data", names, share, 1 - left, sentence), left)


def _still(relation: Relation, strange: npt.NDArray[np.bool_], mended: FloatArray) -> float:
    """Return how many of the strange rows are strange after the mend."""
    return float(_strange(relation, mended)[strange].mean())


def _strange(relation: Relation, rows: FloatArray) -> npt.NDArray[np.bool_]:
    return relation.strange(relation.scale.of(rows))


def _is_as_near(column: Column, mended: FloatArray) -> bool:
    """Say whether the mended column is nearer to what it was, or as near: of two, the right one is mended."""
    return column.apart(Sample(mended, column.current.times), column.norm) <= column.change + _MARGIN


def _put(rows: FloatArray, columns: dict[int, FloatArray]) -> FloatArray:
    found = rows.copy()
    for place, values in columns.items():
        found[:, place] = values
    return found


def _together(parts: Sequence[Sample]) -> FloatArray:
    return np.column_stack([part.values for part in parts])
