"""Rows that stand on both sides of the split under another key, and keys that do.

Content repeats by itself, the more so the narrower the table. How often, train tells: its last rows are looked
up among its earlier ones, as the holdout's are among all before it. Content that is common is left out of both,
since it repeats anyhow, and is no sign.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.keys import Keys, row_keys
from tasks.data.rows import where
from tasks.judgement.leakage.case import AuditCase, Finding, Leak, Part, Untested
from tasks.judgement.leakage.coding import is_text
from tasks.judgement.leakage.sample import spread
from tasks.judgement.leakage.wording import percent, rows

_COMMON = 3
"""Content that more earlier rows have is common."""
_MUCH = 0.01
"""Of the holdout: so many duplicates make its figures too good."""
_LEAST = 0.002
_MOST_COMMON = 0.5
_FEWEST_ROWS = 30
_TELLING = 4
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


def _same_content(case: AuditCase, fresh: npt.NDArray[np.bool_]) -> Iterator[Finding]:
    """Yield a leak when more of the ``fresh`` rows repeat earlier ones, label and all, than content does by itself."""
    columns = [column for column in case.features if column not in case.key]
    later, before = _content(columns, case.holdout), _content(columns, case.train, case.validation)
    size = min(int(fresh.sum()), before.num_rows // 2)
    if size < _FEWEST_ROWS or not columns:
        yield Untested(
            f"rows that stand on both sides: there are {rows(size)} to compare, and {_FEWEST_ROWS} are needed"
        )
        return
    later = where(later, fresh)
    found, common = _repeats(later, before)
    if common > _MOST_COMMON * later.num_rows:
        share = percent(common / later.num_rows)
        yield Untested(f"rows that stand on both sides: the content of {share} repeats anyhow")
    tail = before.num_rows - size
    expected = _repeats(before.slice(tail), before.slice(0, tail))[0] * later.num_rows / size
    if found > 1.5 * expected + 4 * np.sqrt(expected + 1) + _LEAST * later.num_rows:
        yield Leak(
            "duplicate_rows",
            "refuse" if found - expected >= _MUCH * later.num_rows else "warn",
            None,
            found,
            f"{rows(found)} of the holdout repeat rows of train or validation under another key, the label too; by "
            f"chance there would be about {expected:,.0f}: remove them from the source, or put what they share into "
            "source.group",
        )


def _repeats(later: pa.Table, earlier: pa.Table) -> tuple[int, int]:
    """Return how many of ``later`` are among ``earlier``: those that are seldom there, and those that are common."""
    some = _telling(later)
    alike = _among(row_keys(earlier, some), row_keys(later, some))  # to hash all columns of all rows takes far longer
    held, there = row_keys(later, later.column_names), row_keys(where(earlier, alike), later.column_names)
    contents, counts = np.unique(there[_among(there, held)], return_counts=True)
    seldom = counts <= _COMMON
    return int(_among(held, contents[seldom]).sum()), int(_among(held, contents[~seldom]).sum())


def _telling(table: pa.Table) -> list[str]:
    """Return the columns that tell most rows apart, in a look at some."""
    some = table.take(pa.array(spread(table.num_rows, _LOOKED_AT)))
    distinct = {name: len(some.column(name).unique()) for name in table.column_names}
    return sorted(distinct, key=lambda name: -distinct[name])[:_TELLING]


def _among(some: Keys, others: Keys) -> npt.NDArray[np.bool_]:
    """Say of each of ``some`` whether ``others`` have it; three times as fast as np.isin, which sorts."""
    if len(others) > len(some):  # a set of the few is made sooner than one of the many
        others = others[_among(others, some)]
    found = pc.is_in(pa.array(some), value_set=pa.array(others))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _content(columns: list[str], *parts: Part) -> pa.Table:
    """Return the features of ``parts`` and their label, columns by number."""
    table = pa.concat_tables([part.table.select(columns) for part in parts])
    values = [_encoded(column) for column in table.columns]
    labels = np.concatenate([part.labels for part in parts])
    return pa.table([*values, pa.array(labels)], names=[str(place) for place in range(len(values) + 1)])


def _encoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text by its distinct words: to hash each row's would take ten times as long."""
    plain = is_text(column.type) and not pa.types.is_dictionary(column.type)
    return column.dictionary_encode() if plain else column
