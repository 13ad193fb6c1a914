"""Which rows are valid, and which are put in quarantine, with every reason."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.failures import Failure, Typed, failures_of, read_types
from tasks.data.holdings import Holdings, refuse_unusable
from tasks.data.rows import where
from tasks.errors import DataRefused

REASONS = "quarantine_reasons"


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


def validate(table: pa.Table, contract: Contract, *, in_source: tuple[str, ...] = ()) -> Validated:
    """Return the rows of ``table`` in the contract's types, parted into valid and quarantined ones.

    ``in_source`` are all columns that the source has: one that the contract does not name is noted, or refused
    where the contract's ``Config.strict`` is set. An outcome is never required: its label may still be on the way.

    Raises:
        DataRefused: a column is missing, or is of another type, or has no value at all.
    """
    notes = _columns_agree(table, contract, in_source)
    typed = read_types(table, contract)
    refuse_unusable(typed.holdings, contract)
    return _check_rows(typed, contract, notes)


def validate_part(table: pa.Table, contract: Contract) -> tuple[Validated, Holdings]:
    """Return some rows of a source, validated, and what they hold: that decides whether all of them are refused.

    A rule that looks at several rows sees those of ``table``.

    Raises:
        DataRefused: a column is missing. ``refuse_unusable`` says the rest, once the holdings of all parts are added.
    """
    _columns_agree(table, contract, ())
    typed = read_types(table, contract)
    return _check_rows(typed, contract, ()), typed.holdings


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


def _check_rows(found: Typed, contract: Contract, notes: tuple[str, ...]) -> Validated:
    broken = [failure for failure in failures_of(found, contract) if failure.rows.any()]  # a mask is a byte a row
    return _part(found.table, broken, notes)


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


def _columns(names: list[str]) -> str:
    return f"column {names[0]}" if len(names) == 1 else f"columns {', '.join(names)}"
