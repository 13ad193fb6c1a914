"""Which columns together name a row."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import pyarrow as pa

from tasks.data.distinct import distinct
from tasks.data.keys import row_keys
from tasks.drafting import names
from tasks.drafting.dates import Clock
from tasks.drafting.kinds import Column

_MOST = 4
_PARTS = 6
_NEARLY = 0.9


def likely_keys(columns: Mapping[str, Column], clock: Clock | None, target: str) -> list[tuple[str, ...]]:
    """Return what may name a row, as far as the sample tells, the likeliest first.

    A column that repeats now and then is among them: rows may have been loaded twice.
    """
    parts_of_time = clock.columns if clock else ()
    whole = [c for c in columns.values() if not c.missing and c.name != target and c.name not in parts_of_time]
    ids = [c for c in whole if _may_name(c) and c.distinct >= _NEARLY * len(c.values)]
    ids.sort(key=lambda c: (c.distinct < len(c.values), not names.names_rows(c.name)))
    found: list[tuple[str, ...]] = [(column.name,) for column in ids]
    if clock:
        parts = [c for c in whole if c.distinct > 1 and (c.kind in ("id", "category") or names.names_rows(c.name))]
        parts = sorted(parts, key=lambda c: -c.distinct)[:_PARTS]
        together = [tuple(c.name for c in some) for size in (0, 1, 2) for some in combinations(parts, size)]
        apart = (some for some in together if _tell_apart(columns, (*clock.columns, *some)))
        found += [(clock.timestamp, *some) for some in apart][:1]
    return found[:_MOST]


def _may_name(column: Column) -> bool:
    return column.kind == "id" or (column.is_whole and names.names_rows(column.name))


def _tell_apart(columns: Mapping[str, Column], key: Sequence[str]) -> bool:
    table = pa.table({name: columns[name].values for name in key})
    return bool(len(distinct(row_keys(table, key))) == table.num_rows)
