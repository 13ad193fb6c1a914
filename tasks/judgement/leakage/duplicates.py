"""Rows that stand on both sides of the split under another key, and keys that do.

Content repeats by itself, the more so the narrower the table. How often, train tells: its last rows are looked
up among its earlier ones, as the holdout's are among all before it. Content that is common is left out of both,
since it repeats anyhow, and is no sign.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.keys import Keys, row_keys
from tasks.data.rows import at
from tasks.judgement.leakage.case import AuditCase, Finding, Leak, Part, Untested
from tasks.judgement.leakage.sample import rows_at, spread
from tasks.judgement.leakage.wording import percent, rows

_COMMON = 3
"""Content that more earlier rows have is common."""
_MUCH = 0.01
"""Of the holdout: so many duplicates make its figures too good."""
_LEAST = 0.002
_MOST_COMMON = 0.5
_FEWEST_ROWS = 30
_SPARSE = 16
"""Marks for each key: one in so many keys that are not there is taken for one that may be."""
_TELLING = 3
"""Columns by which rows are told apart before all of their columns are looked at."""
_LOOKED_AT = 2000


def duplicates(case: AuditCase) -> Iterator[Finding]:
    """Yield leaks when rows of the holdout stand among the earlier ones too: their keys, or content and label alone."""
    again = _among(case.holdout.keys, np.concatenate([case.train.keys, case.validation.keys]))
    if count := int(again.sum()):
        yield Leak(
            "duplicate_rows",
            "refuse",
            None,
            count,
            f"{rows(count)} of the holdout have a key ({', '.join(case.key)}) that train or validation has too: "
            "the same rows stand on both sides of the split",
        )
    yield from _same_content(case, ~again)


@dataclass(frozen=True)
class _Content:
    """What some rows say, their keys left out."""

    parts: tuple[Part, ...]
    columns: list[str]
    places: npt.NDArray[np.intp]
    """Of the rows, in the parts one after the other."""
    few: Keys
    """A number for the columns of each row that tell most rows apart: to hash all takes far longer."""

    @property
    def rows(self) -> int:
        return len(self.places)

    def at(self, places: npt.NDArray[np.intp] | slice) -> "_Content":
        """Return the rows at ``places`` among these."""
        return replace(self, places=self.places[places], few=self.few[places])

    def where(self, mask: npt.NDArray[np.bool_]) -> "_Content":
        """Return the rows for which ``mask`` is true."""
        return self.at(np.flatnonzero(mask))

    def whole(self) -> Keys:
        """Return a number for each row's columns and label."""
        labels = np.concatenate([part.labels for part in self.parts])[self.places]
        table = rows_at(self.places, self.parts, self.columns)
        return row_keys(table.append_column(" label", pa.array(labels)), [*self.columns, " label"])


def _content(parts: tuple[Part, ...], columns: list[str], few: list[str]) -> _Content:
    numbers = np.concatenate([row_keys(part.table, few) for part in parts])
    return _Content(parts, columns, np.arange(len(numbers)), numbers)


def _same_content(case: AuditCase, fresh: npt.NDArray[np.bool_]) -> Iterator[Finding]:
    """Yield a leak when more of the ``fresh`` rows repeat earlier ones, label and all, than content does by itself."""
    columns = [column for column in case.features if column not in case.key]
    rows_before = case.train.rows + case.validation.rows
    size = min(int(fresh.sum()), rows_before // 2)
    if size < _FEWEST_ROWS or not columns:
        yield Untested(
            f"rows that stand on both sides: there are {rows(size)} to compare, and {_FEWEST_ROWS} are needed"
        )
        return
    few = _telling(case.holdout, columns)
    later = _content((case.holdout,), columns, few).at(np.flatnonzero(fresh))
    before = _content((case.train, case.validation), columns, few)
    found, common = _repeats(later, before)
    if common > _MOST_COMMON * later.rows:
        share = percent(common / later.rows)
        yield Untested(f"rows that stand on both sides: the content of {share} repeats anyhow")
    tail = rows_before - size
    expected = _repeats(before.at(slice(tail, None)), before.at(slice(tail)))[0] * later.rows / size
    if found > 1.5 * expected + 4 * np.sqrt(expected + 1) + _LEAST * later.rows:
        yield Leak(
            "duplicate_rows",
            "refuse" if found - expected >= _MUCH * later.rows else "warn",
            None,
            found,
            f"{rows(found)} of the holdout repeat rows of train or validation under another key, the label too; by "
            f"chance there would be about {expected:,.0f}: remove them from the source, or put what they share into "
            "source.group",
        )


def _repeats(later: _Content, earlier: _Content) -> tuple[int, int]:
    """Return how many of ``later`` are among ``earlier``: those that are seldom there, and those that are common."""
    held = later.where(_among(later.few, earlier.few)).whole()
    there = earlier.where(_among(earlier.few, later.few)).whole()
    contents, counts = np.unique(there[_among(there, held)], return_counts=True)
    seldom = counts <= _COMMON
    return int(_among(held, contents[seldom]).sum()), int(_among(held, contents[~seldom]).sum())


def _telling(part: Part, columns: list[str]) -> list[str]:
    """Return the columns that tell most rows apart, in a look at some."""
    some = at(part.table.select(columns), spread(part.rows, _LOOKED_AT))
    distinct = {name: len(some.column(name).unique()) for name in columns}
    return sorted(distinct, key=lambda name: -distinct[name])[:_TELLING]


def _among(some: Keys, others: Keys) -> npt.NDArray[np.bool_]:
    """Say of each of ``some`` whether ``others`` have it."""
    if len(others) > len(some):  # a set of the few is made sooner than one of the many
        others = others[_among(others, some)]
    # Most are told apart by a few bits; the set, three times as fast as np.isin, which sorts, is asked of the rest.
    bits = np.uint64((1 << (_SPARSE * len(others) + 1).bit_length()) - 1)
    taken = np.zeros(int(bits) + 1, dtype=bool)
    taken[others & bits] = True
    found: npt.NDArray[np.bool_] = taken[some & bits]
    possible = np.flatnonzero(found)
    inside = pc.is_in(pa.array(some[possible]), value_set=pa.array(others))
    found[possible] = inside.to_numpy(zero_copy_only=False)
    return found
