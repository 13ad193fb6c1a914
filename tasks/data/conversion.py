"""Columns as a source gave them, turned into the types that the contract names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Column, Contract
from tasks.data.digest import canonical_type
from tasks.errors import DataRefused

_TRUE = ["true", "t", "yes", "y", "1", "1.0"]
_FALSE = ["false", "f", "no", "n", "0", "0.0"]


@dataclass(frozen=True)
class Converted:
    """A column in its contract's type, null where a value could not be read as that type."""

    values: pa.Array
    unreadable: npt.NDArray[np.bool_]
    """For each row: there was a value, and it is not of the type."""


def convert(column: pa.ChunkedArray, wanted: Column) -> Converted:
    """Return ``column`` in the type that the contract wants, and which values could not be read as that."""
    array = column.combine_chunks()
    if canonical_type(array.type) == wanted.type or pa.types.is_null(array.type):
        return Converted(array.cast(wanted.type), np.zeros(len(array), dtype=bool))
    if pa.types.is_boolean(wanted.type):  # a cast would take every number but 0 for true, -1 and 99 too
        return _convert_one_by_one(array, wanted.type)
    try:
        return Converted(_cast(array, wanted.type), np.zeros(len(array), dtype=bool))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _convert_one_by_one(array, wanted.type)


def conform(table: pa.Table, contract: Contract, names: Sequence[str]) -> pa.Table:
    """Return the columns ``names`` of ``table`` in the contract's types; for rows that did not come by a source.

    Raises:
        DataRefused: a column is missing, or holds a value that is not of its type.
    """
    columns = {column.name: column for column in contract.columns}
    if missing := [name for name in names if name not in table.column_names]:
        raise DataRefused(f"the rows lack {', '.join(missing)}; the model reads {', '.join(names)}")
    converted = {name: convert(table.column(name), columns[name]) for name in names}
    if unreadable := [name for name, column in converted.items() if column.unreadable.any()]:
        raise DataRefused(f"the rows have values of another type in {', '.join(unreadable)}; see {contract.file}")
    return pa.table({name: column.values for name, column in converted.items()})


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return array.cast(pa.string()).dictionary_encode()
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    return array.cast(kind)


def _convert_one_by_one(array: pa.Array, kind: pa.DataType) -> Converted:
    """Convert the distinct values one at a time: few differ, whatever the number of rows."""
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    words = encoded.dictionary
    read = pa.array([_read(word, kind) for word in words], type=_plain(kind))
    values = read.take(encoded.indices)
    unreadable = pc.and_(array.is_valid(), values.is_null())
    return Converted(values.cast(kind), unreadable.to_numpy(zero_copy_only=False))


def _read(word: pa.Scalar, kind: pa.DataType) -> object:
    if pa.types.is_boolean(kind):
        text = str(word.as_py()).strip().lower()
        return True if text in _TRUE else False if text in _FALSE else None
    try:
        return word.cast(_plain(kind)).as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
