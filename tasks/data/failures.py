"""Which rows break which rule of a contract.

Every check of the pandera schema runs by itself and gives one mask over the rows: bits of one number a row.
pandera's own lazy validation reports a failing row once per check *and column*, and its
``drop_invalid_rows`` drops by index label and keeps no reasons; rows must be counted once and keep them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.conversion import convert
from tasks.data.holdings import Holdings, holding_of, type_name
from tasks.errors import ContractError

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pandera

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Failure:
    """A rule of the contract, and the rows that broke it."""

    reason: str
    rows: Mask
    column: str | None = None
    """None: the rule is about rows."""
    about: Literal["check", "missing", "type"] = "check"
    check: "pandera.Check | None" = None
    """None: it is about missing values, or the type."""


@dataclass(frozen=True)
class Typed:
    """Rows in the contract's types."""

    source: pa.Table
    table: pa.Table
    unreadable: list[Failure]
    holdings: Holdings


def find_failures(table: pa.Table, contract: Contract) -> list[Failure]:
    """Return every rule that rows of ``table`` break, of the columns that it has; nothing is refused.

    Rules that look at several columns are left out where one of these is not there.
    """
    there = tuple(column for column in contract.columns if column.name in table.column_names)
    whole = len(there) == len(contract.columns)
    part = replace(contract, columns=there)
    return [failure for failure in failures_of(read_types(table, part), part, whole=whole) if failure.rows.any()]


def read_types(table: pa.Table, contract: Contract) -> Typed:
    """Return the rows of ``table`` in the contract's types, with what could not be read so."""
    arrays, failures, holdings = [], [], {}
    for column in contract.columns:
        converted = convert(table.column(column.name), column)
        if converted.unreadable.any():
            reason = f"{column.name}: not a {type_name(column.type)}"
            failures.append(Failure(reason, converted.unreadable, column.name, "type"))
        holdings[column.name] = holding_of(table.column(column.name), int(converted.unreadable.sum()))
        arrays.append(converted.values)
    return Typed(table, pa.table(arrays, names=contract.names()), failures, holdings)


def failures_of(found: Typed, contract: Contract, *, whole: bool = True) -> Iterator[Failure]:
    """Yield each rule with the rows that break it; where not all columns are there, none about rows."""
    yield from found.unreadable
    yield from _nulls(found.source, contract)
    yield from _column_checks(found.table, contract)
    if whole:
        yield from _row_checks(found.table, contract)


def _nulls(table: pa.Table, contract: Contract) -> Iterator[Failure]:
    for column in contract.columns:
        values = table.column(column.name)
        if not column.nullable and column.role != "outcome" and values.null_count:
            yield Failure(f"{column.name}: missing", values.is_null().to_numpy(), column.name, "missing")


def _column_checks(table: pa.Table, contract: Contract) -> Iterator[Failure]:
    for name in contract.names():
        if name not in contract.made and (checks := contract.schema.columns[name].checks):
            series = _series(table.column(name))
            for check in checks:
                yield Failure(
                    f"{name}: not {_check_name(check)}", _broken(check, series, name, contract), name, check=check
                )


def _row_checks(table: pa.Table, contract: Contract) -> Iterator[Failure]:
    if contract.schema.checks:
        frame = table.to_pandas(strings_to_categorical=False)
        for check in contract.schema.checks:
            name = _check_name(check)
            yield Failure(f"row: not {name}", _broken(check, frame, "a row check", contract), check=check)


def _series(column: pa.ChunkedArray) -> "pd.Series[Any]":
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    series: pd.Series[Any] = column.to_pandas()
    return series


def _broken(check: "pandera.Check", what: "pd.Series[Any] | pd.DataFrame", name: str, contract: Contract) -> Mask:
    """Return the rows that break ``check``; a missing value breaks none, unless the check looks at nulls."""
    try:
        output = check(what).check_output
    except Exception as error:
        raise ContractError(f"{contract.file}: {name}: {_check_name(check)} failed: {error}") from error
    if np.ndim(output) == 0:
        return np.full(len(what), not bool(output))
    kept = output.all(axis=1) if output.ndim == 2 else output
    held = np.ones(len(what), dtype=bool)
    held[kept.index.to_numpy()] = kept  # rows are numbered from 0; pandera leaves out the missing values
    if check.ignore_na and what.ndim == 1:
        held |= what.isna().to_numpy()
    return ~held


def _check_name(check: "pandera.Check") -> str:
    return str(check.error or check.name or "valid")
