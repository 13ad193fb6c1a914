"""The digests of a table that is too large for memory: those of ``column_digests``, in at most two passes."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.digest import canonical_type

Read = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]
"""Reads the named columns from their beginning, batch by batch, in the types of ``canonical_type``."""
_WORDS = 10_000
"""Words that are Python objects at once."""


class _Column(Protocol):
    """A column on its way to its digest."""

    @property
    def again(self) -> bool:
        """Whether it must be seen a second time."""

    def see(self, array: pa.Array, /) -> None: ...

    def see_again(self, array: pa.Array, /) -> None: ...

    def digest(self) -> str: ...


def stream_digests(read: Read, schema: pa.Schema) -> dict[str, str]:
    """Return the SHA-256 of each column's values, by name; in memory are a batch, and the words of each text column."""
    columns = {field.name: _column(field.type) for field in schema}
    for batch in read(schema.names):
        for name, column in columns.items():
            column.see(batch.column(name))
    twice = {name: column for name, column in columns.items() if column.again}
    for batch in read(list(twice)) if twice else ():
        for name, column in twice.items():
            column.see_again(batch.column(name))
    return {name: column.digest() for name, column in columns.items()}


def _column(kind: pa.DataType) -> _Column:
    return _Text() if pa.types.is_dictionary(canonical_type(kind)) else _Numbers(kind)


class _Numbers:
    """Values; where some are missing, the digest is over which are there, and then over the values."""

    def __init__(self, kind: pa.DataType) -> None:
        self._values = hashlib.sha256(f"{kind}|".encode())
        self._with_gaps = self._values.copy()
        self._gaps = False

    @property
    def again(self) -> bool:
        return self._gaps

    def see(self, array: pa.Array) -> None:
        self._gaps = self._gaps or array.null_count > 0
        self._with_gaps.update(_bytes(array.is_valid()))
        if not self._gaps:
            self._values.update(_bytes(array))

    def see_again(self, array: pa.Array) -> None:
        zero = pa.scalar(0, pa.int64()).cast(array.type) if not pa.types.is_boolean(array.type) else pa.scalar(False)
        self._with_gaps.update(_bytes(array.fill_null(zero)))

    def digest(self) -> str:
        return (self._with_gaps if self._gaps else self._values).hexdigest()


class _Text:
    """Text: the digest is over the words, sorted, and then over the position of each row's word."""

    def __init__(self) -> None:
        self._words = pa.array([], pa.string())
        self._found: list[pa.Array] = []
        self._ranks = hashlib.sha256(b"text|")
        self._sorted = False
        self.again = True

    def see(self, array: pa.Array) -> None:
        self._found.append(pc.unique(array).cast(pa.string()).drop_null())
        if sum(map(len, self._found)) > max(len(self._words), _WORDS):  # so that all is looked through but log₂ times
            self._gather()

    def see_again(self, array: pa.Array) -> None:
        self._sort()
        encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        ranks = pc.index_in(encoded.dictionary.cast(pa.string()), self._words).take(encoded.indices)
        self._ranks.update(_bytes(ranks.fill_null(-1)))

    def digest(self) -> str:
        self._sort()
        return self._ranks.hexdigest()

    def _sort(self) -> None:
        """Hash the words once all are there, as the JSON of their list, some at a time."""
        if self._sorted:
            return
        self._gather()
        self._sorted, self._words = True, self._words.take(pc.sort_indices(self._words))
        self._ranks.update(b"[")
        for start in range(0, len(self._words), _WORDS):
            self._ranks.update(b", " if start else b"")
            self._ranks.update(json.dumps(self._words.slice(start, _WORDS).to_pylist())[1:-1].encode())
        self._ranks.update(b"]")

    def _gather(self) -> None:
        self._words, self._found = pc.unique(pa.concat_arrays([self._words, *self._found])), []


def _bytes(array: pa.Array) -> bytes:
    """Return the values of an array without gaps, as they lie in memory."""
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    return cast("bytes", array.to_numpy(zero_copy_only=False).tobytes())
