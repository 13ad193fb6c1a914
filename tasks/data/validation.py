"""Which rows are valid, and why the others are not.

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
from tasks.data.holdings import Holdings, holding_of, refuse_unusable, type_name
from tasks.data.rows import where
from tasks.errors import ContractError, DataRefused

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pandera

Mask = npt.NDArray[np.bool_]
REASONS = "quarantine_reasons"


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
class Validated:
    """Every row of the source, in one of two tables."""

    valid: pa.Table
    quarantined: pa.Table
    """The rows that broke a rule, with the reasons of each in the text column ``quarantine_reasons``."""
    failures: tuple[tuple[str, int], ...]
    """Each rule that was broken, with its number of rows; a row may break several."""
    notes: tuple[str, ...]

    @property
    def share_quarantined(self) -> float:
        total = self.valid.num_rows + self.quarantined.num_rows
        return self.quarantined.num_rows / total if total else 0.0


@dataclass(frozen=True)
class _Typed:
    """Rows in the contract's types."""

    source: pa.Table
    table: pa.Table
    unreadable: list[Failure]
    holdings: Holdings


def validate(table: pa.Table, contract: Contract, *, in_source: tuple[str, ...] = ()) -> Validated:
    """Return the rows of ``table`` in the contract's types, parted into valid and quarantined ones.

    ``in_source`` are all columns that the source has: one that the contract does not name is noted, or refused
    where the contract's ``Config.strict`` is set. An outcome is never required: its label may still be on the way.

    Raises:
        DataRefused: a column is missing, or is of another type, or has no value at all.
    """
    notes = _columns_agree(table, contract, in_source)
    typed = _read_types(table, contract)
    refuse_unusable(typed.holdings, contract)
    return _check_rows(typed, contract, notes)


def validate_part(table: pa.Table, contract: Contract) -> tuple[Validated, Holdings]:
    """Return some rows of a source, validated, and what they hold: that decides whether all of them are refused.

    A rule that looks at several rows sees those of ``table``.

    Raises:
        DataRefused: a column is missing. ``refuse_unusable`` says the rest, once the holdings of all parts are added.
    """
    _columns_agree(table, contract, ())
    typed = _read_types(table, contract)
    return _check_rows(typed, contract, ()), typed.holdings


def find_failures(table: pa.Table, contract: Contract) -> list[Failure]:
    """Return every rule that rows of ``table`` break, of the columns that it has; nothing is refused.

    Rules that look at several columns are left out where one of these is not there.
    """
    there = tuple(column for column in contract.columns if column.name in table.column_names)
    whole = len(there) == len(contract.columns)
    part = replace(contract, columns=there)
    return [failure for failure in _failures(_read_types(table, part), part, whole=whole) if failure.rows.any()]


def _columns_agree(table: pa.Table, contract: Contract, in_source: tuple[str, ...]) -> tuple[str, ...]:
    missing = [name for name in contract.names() if name not in table.column_names]
    if missing:
        raise DataRefused(
            f"the source lacks {_columns(missing)}, which {contract.file} names; "
            f"columns in the source: {', '.join(in_source or table.column_names)}"
        )
    extra = sorted(set(in_source) - set(contract.names()))
    if extra and contract.schema.strict is True:
        raise DataRefused(
            f"the source has {_columns(extra)}, which {contract.file} does not name, and its Config is strict"
        )
    return (f"not read, since the contract does not name it: {_columns(extra)}",) if extra else ()


def _read_types(table: pa.Table, contract: Contract) -> _Typed:
    arrays, failures, holdings = [], [], {}
    for column in contract.columns:
        converted = convert(table.column(column.name), column)
        if converted.unreadable.any():
            reason = f"{column.name}: not a {type_name(column.type)}"
            failures.append(Failure(reason, converted.unreadable, column.name, "type"))
        holdings[column.name] = holding_of(table.column(column.name), int(converted.unreadable.sum()))
        arrays.append(converted.values)
    return _Typed(table, pa.table(arrays, names=contract.names()), failures, holdings)


def _check_rows(found: _Typed, contract: Contract, notes: tuple[str, ...]) -> Validated:
    broken = [failure for failure in _failures(found, contract) if failure.rows.any()]  # a mask is a byte a row
    return _part(found.table, broken, notes)


def _failures(found: _Typed, contract: Contract, *, whole: bool = True) -> Iterator[Failure]:
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


def _part(table: pa.Table, failures: list[Failure], notes: tuple[str, ...]) -> Validated:
    broken = np.zeros(table.num_rows, dtype=bool)
    for failure in failures:
        broken |= failure.rows
    reasons = _reasons(failures, np.flatnonzero(broken))
    quarantined = where(table, broken).append_column(REASONS, pa.array(reasons, type=pa.string()))
    counts = tuple((failure.reason, int(failure.rows.sum())) for failure in failures)
    valid = where(table, ~broken)
    return Validated(valid, quarantined, tuple(sorted(counts, key=lambda c: (-c[1], c[0]))), notes)


def _reasons(failures: list[Failure], rows: npt.NDArray[np.intp]) -> list[str]:
    """Return every reason of each of ``rows``, in one text."""
    masks = np.array([failure.rows[rows] for failure in failures]).reshape(len(failures), len(rows))
    return ["; ".join(f.reason for f, hit in zip(failures, column, strict=True) if hit) for column in masks.T]


def _check_name(check: "pandera.Check") -> str:
    return str(check.error or check.name or "valid")


def _columns(names: list[str]) -> str:
    return f"column {names[0]}" if len(names) == 1 else f"columns {', '.join(names)}"
