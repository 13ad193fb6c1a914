"""What a rule of a contract would have to say, to let through what breaks it: limits and lists of categories."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Column
from tasks.data.conversion import convert
from tasks.data.failures import Failure
from tasks.drafting.field_text import TAIL, number_text, range_of, share_text, where_values_lie
from tasks.evolution.change import Change
from tasks.evolution.edits import Bounds, Words, class_of
from tasks.evolution.fresh import Fresh
from tasks.evolution.words import FEWEST, few, listed, rows_of, shown, some

_LIMITS = {
    "greater_than_or_equal_to": ("ge", "min_value"),
    "greater_than": ("gt", "min_value"),
    "less_than_or_equal_to": ("le", "max_value"),
    "less_than": ("lt", "max_value"),
}
_MOST_BEYOND = 0.5
"""Of the values: when more of them lie beyond a limit at once, it is another unit, or another column."""
_FARTHER = 5.0
"""Triage knows the usual maps of one unit to another; of a range that grows by more, a person is asked."""
_MOST_WORDS = 30
"""With more new ones at once, a list of categories is no rule for the column."""


def changed_rule(failure: Failure, column: Column, fresh: Fresh, *, loose: bool) -> Change:
    """Return the change that lets the rows of ``failure``, which break a check of ``column``, through.

    With ``loose``, a range reaches to the outermost value, and no category is too rare.
    """
    check = failure.check
    assert check is not None
    values = _values(fresh, column)
    limits = limits_of(check.name or "", check.statistics or {})
    if limits and is_number(column.type):
        return _range(failure, column, fresh, limits, loose=loose)
    allowed = (check.statistics or {}).get("allowed_values")
    if check.name == "isin" and allowed and all(isinstance(word, str) for word in allowed):
        return _categories(failure, column, values, loose=loose)
    count, total = int(failure.rows.sum()), len(values) - values.null_count
    said = f"{rows_of(count, total)} break {check.error or check.name}, such as {some(values, failure.rows)}"
    return Change(column.name, "rule_broken", count, said, by_hand="no rule that this can write follows from the rows")


def limits_of(name: str, statistics: Mapping[str, Any]) -> dict[str, float]:
    """Return the limits of a check by the arguments that say them; none if it is about something else."""
    if name == "in_range":
        low = "ge" if statistics.get("include_min", True) else "gt"
        high = "le" if statistics.get("include_max", True) else "lt"
        return {low: statistics["min_value"], high: statistics["max_value"]}
    if name in _LIMITS:
        argument, key = _LIMITS[name]
        return {argument: statistics[key]}
    return {}


def is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _range(failure: Failure, column: Column, fresh: Fresh, limits: Mapping[str, float], *, loose: bool) -> Change:
    values = _values(fresh, column)
    present, beyond = values.drop_null(), values.filter(pa.array(failure.rows))
    low, high = pc.min(beyond).as_py(), pc.max(beyond).as_py()
    reach = shown(float(low)) if low == high else f"{shown(float(low))} to {shown(float(high))}"
    was = {name: limit for name, limit in limits.items() if _passes(low, high, name, limit)}
    told = ", ".join(f"{name}={number_text(float(limit))}" for name, limit in was.items())
    now = {name: _limit(name, present, was[name], loose=loose) for name in was}
    change = Change(
        column.name,
        "wider_range",
        len(beyond),
        f"{rows_of(len(beyond), len(present))} lie beyond {told}: {reach}",
        held=few(len(beyond), len(present)) or _leap(present, beyond, _before(fresh, column)),
    )
    if any(now[name] == was[name] for name in was):
        return replace(change, by_hand=f"{told} leaves out the limit itself; write ge or le, if it may be reached")
    before = " and ".join(f"{name} was {number_text(float(limit))}" for name, limit in was.items())
    return replace(
        change,
        edit=Bounds(now),
        why=f"{where_values_lie(present)}; {before}",
        compatibility=class_of(Bounds(now), was),
    )


def _leap(present: pa.ChunkedArray, beyond: pa.ChunkedArray, before: pa.ChunkedArray) -> str | None:
    """Return why a range is not believed, which moved or grew at once as the world seldom does; None: it is."""
    if len(beyond) > _MOST_BEYOND * len(present):
        share = share_text(len(beyond) / len(present))
        return f"looks like a broken feed: {share} of the values at once lie where none was allowed"
    was, now = _spread(before.drop_null()), _spread(present)
    if was and now > _FARTHER * was:
        return f"looks like a broken feed: nearly all values reach {now / was:.0f} times as far apart as before"
    return None


def _before(fresh: Fresh, column: Column) -> pa.ChunkedArray:
    """Return what was there before; of an outcome nothing is read, since not all of it had arrived."""
    known = column.name in fresh.reference.column_names
    return fresh.reference.column(column.name) if known else pa.chunked_array([], column.type)


def _spread(values: pa.ChunkedArray) -> float:
    if len(values) == 0:
        return 0.0
    low, high = pc.quantile(values, q=[TAIL, 1 - TAIL]).to_pylist()
    return float(high - low)


def _values(fresh: Fresh, column: Column) -> pa.ChunkedArray:
    return pa.chunked_array([convert(fresh.rows.column(column.name), column).values])


def _passes(low: float, high: float, name: str, limit: float) -> bool:
    return {"ge": low < limit, "gt": low <= limit, "le": high > limit, "lt": high >= limit}[name]


def _limit(name: str, present: pa.ChunkedArray, was: float, *, loose: bool) -> float:
    """Return a limit by the rule by which a draft sets it, and never a narrower one."""
    low, high = range_of(present, loose=loose)
    return min(low, was) if name in ("ge", "gt") else max(high, was)


def _categories(failure: Failure, column: Column, values: pa.ChunkedArray, *, loose: bool) -> Change:
    counted = pc.value_counts(values.filter(pa.array(failure.rows)).cast(pa.string())).to_pylist()
    new = {one["values"]: one["counts"] for one in sorted(counted, key=lambda one: (-one["counts"], one["values"]))}
    count, total = int(failure.rows.sum()), len(values) - values.null_count
    common = tuple(word for word, rows in new.items() if loose or few(rows, total) is None)
    told = ", ".join(f"{shown(word)} in {rows_of(rows)}" for word, rows in list(new.items())[:6])
    more = f" and {len(new) - 6} more" if len(new) > 6 else ""
    rare = [word for word in new if word not in common]
    why = f"also {listed(common)}, in {rows_of(sum(new[word] for word in common), total)}"
    return Change(
        column.name,
        "new_category",
        count,
        f"{rows_of(count, total)} hold what is no category yet: {told}{more}"
        + (f"; fewer than {FEWEST} rows, and no category: {listed(rare)}" if rare and common else ""),
        edit=Words(common) if common else None,
        why=why,
        held=None if common else few(max(new.values()), total),
        by_hand=_by_hand(common),
    )


def _by_hand(words: Sequence[str]) -> str | None:
    if len(words) > _MOST_WORDS:
        return f"{len(words)} at once: a list is no rule for it"
    if any(not word.isprintable() for word in words):
        return "a category has characters that cannot be seen"
    return None
