"""What the columns of a source hold: enough to refuse one that is of another type, or empty, without its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Column, Contract
from tasks.errors import DataRefused


@dataclass(frozen=True)
class Holding:
    """What some rows hold in one column."""

    rows: int
    values: int
    """Those that are there,"""
    readable: int
    """and of them those that can be read as the contract's type."""
    sample: str
    """One of the values and the type that it came in, as an error names them."""

    def __add__(self, other: "Holding") -> "Holding":
        return Holding(
            self.rows + other.rows,
            self.values + other.values,
            self.readable + other.readable,
            self.sample if self.values else other.sample,
        )


Holdings = Mapping[str, Holding]
"""By column."""


def holding_of(column: pa.ChunkedArray, unreadable: int) -> Holding:
    """Return what ``column`` holds as it came, so many values of which are not of the contract's type."""
    values = len(column) - column.null_count
    first = pc.index(column.is_valid(), True).as_py()
    sample = f"{column.type} such as {column[first].as_py()!r}" if values else ""
    return Holding(len(column), values, values - unreadable, sample)


def add_holdings(parts: Sequence[Holdings]) -> Holdings:
    """Return what all the rows hold of which ``parts``, at least one, are parts."""
    return {name: sum((part[name] for part in parts[1:]), parts[0][name]) for name in parts[0]}


def refuse_unusable(holdings: Holdings, contract: Contract) -> None:
    """Raise DataRefused where a column is of another type than ``contract`` says, or has no value in any row.

    An outcome may be empty: its labels may still be on the way.
    """
    for column in contract.columns:
        held = holdings[column.name]
        if held.values and not held.readable:
            raise DataRefused(
                f"column {column.name} is of another type: found {held.sample}; "
                f"{contract.file} says {type_name(column.type)}"
            )
    for column in contract.columns:
        held = holdings[column.name]
        if held.rows and not held.readable and _must_have_values(column):
            raise DataRefused(
                f"column {column.name} has no value in any of {held.rows:,} rows; "
                f"mend the source, or take the column out of {contract.file}"
            )


def type_name(kind: pa.DataType) -> str:
    """Return what a person calls a type of a contract."""
    if pa.types.is_dictionary(kind):
        return "text"
    names = {pa.float64(): "number", pa.int64(): "whole number", pa.bool_(): "true/false value"}
    return names.get(kind, "time")


def _must_have_values(column: Column) -> bool:
    return column.role != "outcome"
