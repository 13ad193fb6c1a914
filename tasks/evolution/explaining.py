"""What rows break in a contract, so that a person understands: what was found, what is allowed, what to do next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Column, Contract
from tasks.data.conversion import convert
from tasks.data.failures import Failure, find_failures
from tasks.data.holdings import type_name
from tasks.drafting.field_text import number_text
from tasks.evolution.rules import is_number, limits_of
from tasks.evolution.words import listed, rows_of, shown

_LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_MOST_WORDS = 4


@dataclass(frozen=True)
class Broken:
    """A rule of the contract that rows break."""

    reason: str
    """As the quarantine names it."""
    column: str | None
    """None: it is about several columns."""
    rows: int
    of: int
    found: str
    """What stands there instead, in words."""
    example: Any
    """One of the values; None: none is there."""
    allowed: str
    follows: bool
    """The contract could follow the data, if these have changed rather than broken."""

    @property
    def whole(self) -> bool:
        """Every row breaks it."""
        return self.rows == self.of


def explain(table: pa.Table, contract: Contract) -> list[Broken]:
    """Return every rule that rows of ``table``, as a source gave them, break: most rows first."""
    found = [_broken(failure, table, contract) for failure in find_failures(table, contract)]
    return sorted(found, key=lambda broken: (-broken.rows, broken.reason))


def _broken(failure: Failure, table: pa.Table, contract: Contract) -> Broken:
    rows = int(failure.rows.sum())
    if failure.column is None:
        return Broken(failure.reason, None, rows, len(failure.rows), "a rule about rows", None, failure.reason, False)
    column = next(column for column in contract.columns if column.name == failure.column)
    raw = table.column(column.name)
    values = (raw if failure.about == "type" else _typed(raw, column)).filter(pa.array(failure.rows))
    return Broken(
        reason=failure.reason,
        column=column.name,
        rows=rows,
        of=len(failure.rows),
        found=_found(values),
        example=values[0].as_py(),
        allowed=_allowed(failure, column.type),
        follows=failure.about != "check" or _can_follow(failure, column.type),
    )


def _typed(raw: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    return pa.chunked_array([convert(raw, column).values])


def _found(values: pa.ChunkedArray) -> str:
    present = values.drop_null()
    if len(present) == 0:
        return "no value"
    if is_number(present.type):
        low, high = (shown(float(end.as_py())) for end in (pc.min(present), pc.max(present)))
        return low if low == high else f"{low} to {high}"
    counts = pc.value_counts(present.cast(pa.string())).to_pylist()
    ranked = sorted(counts, key=lambda one: (-one["counts"], one["values"]))
    if len(ranked) == 1:
        return shown(ranked[0]["values"])
    told = ", ".join(f"{shown(one['values'])} in {rows_of(one['counts'])}" for one in ranked[:_MOST_WORDS])
    return told + (f" and {len(ranked) - _MOST_WORDS} more" if len(ranked) > _MOST_WORDS else "")


def _allowed(failure: Failure, kind: pa.DataType) -> str:
    if failure.about == "missing":
        return "a value in every row"
    if failure.about == "type" or failure.check is None:
        return f"a {type_name(kind)}" if type_name(kind) != "text" else "text"
    return "; ".join(_rules(failure.check))


def _rules(check: Any) -> Iterator[str]:  # noqa: ANN401 - pandera's check
    statistics = check.statistics or {}
    limits = limits_of(check.name or "", statistics)
    if limits and all(isinstance(limit, int | float) for limit in limits.values()):
        yield " and ".join(f"{_LIMITS[name]} {number_text(float(limit))}" for name, limit in limits.items())
    elif check.name == "isin":
        yield f"one of {listed([str(word) for word in statistics['allowed_values']])}"
    elif check.name == "str_matches":
        yield f"text that matches {statistics['pattern']}"
    else:
        yield str(check.error or check.name or "what the check says")


def _can_follow(failure: Failure, kind: pa.DataType) -> bool:
    check = failure.check
    if check is None:
        return False
    return check.name == "isin" or (is_number(kind) and bool(limits_of(check.name or "", check.statistics or {})))
