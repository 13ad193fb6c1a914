"""Columns whose contract says that they are known only afterwards, and copies of them under other names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.keys import row_keys
from tasks.data.matrix import FloatArray
from tasks.data.rows import Rows, at
from tasks.judgement.leakage.case import AuditCase, Leak
from tasks.judgement.leakage.coding import is_text, numbers_of
from tasks.judgement.leakage.sample import MOST_ROWS, spread
from tasks.judgement.leakage.wording import percent

_SAME = 0.99
_FEW_ROWS = 1000
"""Looked at first: two columns that differ in these are not compared in more."""
_GAP = -1e300


@dataclass(frozen=True)
class _Said:
    """What a column says in some rows, as numbers."""

    values: FloatArray

    @cached_property
    def counts(self) -> npt.NDArray[np.intp]:
        """How often each distinct value occurs."""
        return np.unique(self.values, return_counts=True)[1]

    def same_as(self, other: "_Said") -> float:
        """Return the share of equal values, or 1 where each value of one column has its own of the other.

        0 where that may be chance: of columns that hardly vary, and of those whose values hardly repeat.
        """
        rows, distinct = len(self.values), len(self.counts)
        if self.counts.max() > _SAME * rows:
            return 0.0
        equal = float(np.mean(self.values == other.values))
        if equal >= _SAME or distinct > rows / 2 or distinct != len(other.counts):
            return equal
        pairs = len(np.unique(np.column_stack([self.values, other.values]), axis=0))
        return 1.0 if pairs == distinct else equal


def outcomes(case: AuditCase) -> Iterator[Leak]:
    """Yield the outcomes that are read, and the columns read that say the same as an outcome."""
    read = tuple(dict.fromkeys([*case.features, *case.reads]))
    yield from (_read(column) for column in read if column in case.outcomes)
    known = case.train.outcome_table
    if known is None or known.num_rows == 0:
        return
    few = {name: said for name in known.column_names if (said := _said(known, name, _FEW_ROWS))}
    for column in read:
        if column not in case.outcomes and column != case.timestamp:
            yield from _copies(column, (case.train.table, known), few)


def _read(column: str) -> Leak:
    return Leak(
        "outcome_column",
        "refuse",
        column,
        1.0,
        f'{column} is read, and the contract says role "outcome": it is not known when the prediction is made; '
        f'keep it from the model (features.exclude = ["{column}"]), or mend its role',
    )


def _copies(column: str, tables: tuple[pa.Table | Rows, pa.Table | Rows], few: Mapping[str, _Said]) -> Iterator[Leak]:
    """Yield the first outcome that ``column`` of the first table is a copy of; ``few`` are rows of each outcome."""
    if (mine := _said(tables[0], column, _FEW_ROWS)) is None:
        return
    for outcome, others in few.items():
        if mine.same_as(others) < _SAME:
            continue
        one, other = _said(tables[0], column, MOST_ROWS), _said(tables[1], outcome, MOST_ROWS)
        if one is not None and other is not None and (share := one.same_as(other)) >= _SAME:
            yield _copy(column, outcome, share)
            return


def _copy(column: str, outcome: str, share: float) -> Leak:
    return Leak(
        "outcome_column",
        "refuse",
        column,
        share,
        f"{column} says the same as the outcome {outcome} in {percent(share)} of the rows: give it role "
        f'"outcome" in the contract, or leave it out: features.exclude = ["{column}"]',
    )


def _said(table: pa.Table | Rows, name: str, most: int) -> _Said | None:
    """Return evenly spread rows of a column: of text, a number for each word; None for lists and the like."""
    column = at(table.select([name]), spread(table.num_rows, most)).column(0)
    if not is_text(column.type):
        numbers = numbers_of(column)
        return None if numbers is None else _Said(np.nan_to_num(numbers, nan=_GAP))
    words = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return _Said(row_keys(pa.table({name: words}), [name]).astype(np.float64))
