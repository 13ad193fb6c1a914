"""Which labels had arrived, and the columns to predict."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Contract
from tasks.data.matrix import FloatArray, Target
from tasks.errors import ContractError, DataRefused, SpecError
from tasks.spec import ModelSpec, SourceSpec


@dataclass(frozen=True)
class Labels:
    """The target as numbers: float64 of shape (rows,), NaN where a row has no label."""

    target: Target
    values: FloatArray

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.values)


def hide_unarrived(table: pa.Table, source: SourceSpec, outcomes: list[str], as_of: datetime) -> pa.Table:
    """Return ``table`` with every outcome null whose label had not arrived by ``as_of``.

    A label arrives at ``source.label_time``, or else ``source.label_delay`` after the event. Nothing downstream
    can peek: what had not arrived is not in the snapshot.
    """
    if source.label_time:
        arrived = pc.fill_null(pc.less_equal(table.column(source.label_time), pa.scalar(as_of)), False)
    else:
        latest = pa.scalar(as_of - source.label_delay, table.schema.field(source.timestamp).type)
        arrived = pc.less_equal(table.column(source.timestamp), latest)
    if pc.all(arrived).as_py():
        return table
    for name in {*outcomes, *([source.label_time] if source.label_time else [])} & set(table.column_names):
        position = table.column_names.index(name)
        hidden = pc.if_else(arrived, table.column(name), pa.scalar(None, table.column(name).type))
        table = table.set_column(position, name, hidden)
    return table


def add_target(table: pa.Table, spec: ModelSpec, contract: Contract) -> pa.Table:
    """Return ``table`` with the spec's target as a column, made by the contract's ``targets`` if need be."""
    name = spec.source.target
    if name in table.column_names:
        return table
    if contract.targets is None:
        raise SpecError(_no_target(spec, contract, table.column_names))
    try:
        made = contract.targets(table.to_pandas())
        column = made[name]
    except KeyError as error:
        if str(error.args[0]) != name:
            raise ContractError(f"{contract.file}: targets() asks for column {error}, which is not there") from None
        raise SpecError(_no_target(spec, contract, [*table.column_names, *made.columns])) from None
    if len(column) != table.num_rows:
        raise ContractError(
            f"{contract.file}: targets() gave {len(column):,} rows for {table.num_rows:,}; allowed: one for each"
        )
    return table.append_column(name, pa.Array.from_pandas(column))


def read_labels(column: pa.ChunkedArray, spec: ModelSpec) -> Labels:
    """Return the labels of a target column as numbers, and the classes that they stand for.

    Regression: the values. Binary, anomaly: 1 for the positive class (true, 1 or ``spec.positive``), 0 for the other.
    Multiclass: the position in the sorted classes.
    """
    name = spec.source.target
    if column.null_count == len(column) and spec.task != "anomaly":
        raise DataRefused(f"target {name} has no label in any of {len(column):,} rows that had arrived by as_of")
    if spec.task == "regression":
        return Labels(Target(name), _numbers(column, name))
    classes = _classes(column, spec)
    codes = pc.index_in(_plain(column), value_set=pa.array(classes, type=_plain(column).type))
    return Labels(Target(name, classes), codes.to_numpy().astype(np.float64))


def recode(labels: Labels, classes: tuple[str | int | bool, ...]) -> Labels:
    """Return ``labels`` in the codes of ``classes``; one that is not among them becomes unknown."""
    if not classes or labels.target.classes == classes:
        return labels
    position = {value: float(code) for code, value in enumerate(classes)}
    codes = np.array([position.get(value, np.nan) for value in labels.target.classes])
    values = np.full(len(labels.values), np.nan)
    values[labels.known] = codes[labels.values[labels.known].astype(np.intp)]
    return replace(labels, target=replace(labels.target, classes=classes), values=values)


def _classes(column: pa.ChunkedArray, spec: ModelSpec) -> tuple[str | int | bool, ...]:
    found = sorted(pc.unique(_plain(column).drop_null()).to_pylist())
    if spec.task == "multiclass":
        return tuple(found)
    positive = spec.positive if spec.positive is not None else _obvious_positive(found)
    others = [value for value in found if value != positive]
    if positive is None or len(others) > 1:
        shown = ", ".join(repr(value) for value in found[:5])
        raise DataRefused(
            f"target {spec.source.target} has {len(found)} classes ({shown}{', …' if len(found) > 5 else ''}); "
            f"allowed for task {spec.task}: true and false, 0 and 1, or two classes of which the spec's key positive "
            "names one"
        )
    return (*(others or [_other(positive)]), positive)


def _obvious_positive(found: list[Any]) -> bool | int | None:
    if set(found) <= {False, True}:
        return True if all(isinstance(value, bool) for value in found) else 1
    return None


def _other(positive: str | int | bool) -> str | int | bool:
    return f"not {positive}" if isinstance(positive, str) else type(positive)(not positive)


def _numbers(column: pa.ChunkedArray, name: str) -> FloatArray:
    try:
        return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataRefused(f"target {name}: found {column.type}; allowed for task regression: numbers") from None


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column.cast(pa.int64()) if pa.types.is_floating(column.type) else column


def _no_target(spec: ModelSpec, contract: Contract, known: list[str]) -> str:
    return (
        f"deployments/{spec.model}.toml: source.target: found {spec.source.target!r}; "
        f"allowed: a column of {contract.file} or one that its targets() makes: {', '.join(known)}"
    )
