"""What a table contains, as a digest: over values and schema, not over the bytes of a file's writer."""

import hashlib
import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc


def column_digests(table: pa.Table) -> dict[str, str]:
    """Return the SHA-256 of each column's values, by name.

    Two columns have one digest when they hold the same values in the same order, however they are chunked,
    sliced, compressed or dictionary-encoded.
    """
    return {name: _digest(table.column(name)) for name in table.column_names}


def table_digest(columns: Mapping[str, str], rows: int) -> str:
    """Return the digest of a table of ``rows`` rows, from those of its columns in their order."""
    return hashlib.sha256(json.dumps([rows, list(columns.items())]).encode()).hexdigest()


def canonical_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that ``kind`` is saved as: text as dictionary<int32, string>, whatever it came as."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.dictionary(pa.int32(), pa.string())
    return kind


def _digest(column: pa.ChunkedArray) -> str:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(canonical_type(array.type)):
        return _digest_text(array)
    hasher = hashlib.sha256(f"{array.type}|".encode())
    if array.null_count:
        hasher.update(_bits(array.is_valid()))
        array = array.fill_null(_zero(array.type))
    hasher.update(_bits(array) if pa.types.is_boolean(array.type) else _values(array))
    return hasher.hexdigest()


def rank_text(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the distinct words of a text column, sorted, and for each row the position of its word (null: -1)."""
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    used = pc.unique(encoded.indices.drop_null())
    words = encoded.dictionary.take(used).cast(pa.string())
    order = pc.sort_indices(words)
    return words.take(order), pc.index_in(encoded.indices, used.take(order)).fill_null(-1)


def _digest_text(array: pa.Array) -> str:
    words, ranks = rank_text(array)
    hasher = hashlib.sha256(b"text|")
    hasher.update(json.dumps(words.to_pylist()).encode())
    hasher.update(_values(ranks))
    return hasher.hexdigest()


def _values(array: pa.Array) -> memoryview:
    width = array.type.bit_width // 8
    start = array.offset * width
    return memoryview(array.buffers()[1])[start : start + len(array) * width]


def _bits(array: pa.Array) -> memoryview:
    return _values(array.cast(pa.uint8()))


def _zero(kind: pa.DataType) -> pa.Scalar:
    return pa.scalar(False) if pa.types.is_boolean(kind) else pa.scalar(0, pa.int64()).cast(kind)
