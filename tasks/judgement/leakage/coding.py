"""A column as codes of bins, learned on some rows and used on others."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.matrix import FloatArray

Codes = npt.NDArray[np.intp]
MISSING, UNSEEN = 0, 1
_NUMERIC = (pa.types.is_floating, pa.types.is_integer, pa.types.is_boolean, pa.types.is_decimal)
FIRST = 2
"""The first code of a bin with values in it."""
_MOST_BINS = 64
_ROWS_A_BIN = 25
_MOST_VALUES = 1000
"""A whole number with more distinct values is a quantity, not a code."""


@dataclass(frozen=True)
class Coded:
    """The bin of each row: 0 missing, 1 a value that the learning rows do not have, then the bins."""

    learned: Codes
    judged: Codes
    count: int
    by_value: bool
    """Each distinct value has a bin of its own, and no bin is a range."""

    def rows(self, learned: npt.NDArray[np.bool_], judged: npt.NDArray[np.bool_]) -> "Coded":
        """Return the chosen rows."""
        return Coded(self.learned[learned], self.judged[judged], self.count, self.by_value)

    @property
    def turned(self) -> "Coded":
        """The same, to be learned from the later rows and judged on the earlier ones."""
        return Coded(self.judged, self.learned, self.count, self.by_value)


def codings(learned: pa.ChunkedArray, judged: pa.ChunkedArray) -> tuple[Coded, ...]:
    """Return the ways to put a column into bins: by value, by range of values, or both; none for lists and the like."""
    numbers = numbers_of(learned), numbers_of(judged)
    if numbers[0] is not None and numbers[1] is not None:
        return code_numbers(numbers[0], numbers[1])
    if is_text(learned.type):
        return (code_words(learned, judged),)
    return ()


def code_words(learned: pa.ChunkedArray, judged: pa.ChunkedArray) -> Coded:
    """Return the codes of text, by value."""
    return code_values(words_of(learned), words_of(judged))


def code_values(learned: pa.Array, judged: pa.Array) -> Coded:
    """Return the codes of text that is not encoded, or of whole numbers, by value."""
    known = learned.dictionary_encode()
    codes = known.indices.fill_null(MISSING - FIRST).to_numpy() + FIRST
    return Coded(codes.astype(np.intp), _look_up(judged, known.dictionary), len(known.dictionary) + FIRST, True)


def code_numbers(learned: FloatArray, judged: FloatArray) -> tuple[Coded, ...]:
    """Return the codes of numbers, NaN where missing: by value if few differ, else by range, whole ones maybe both."""
    ordered = np.sort(learned[~np.isnan(learned)])
    values = ordered[np.concatenate([np.ones(min(len(ordered), 1), dtype=bool), ordered[1:] != ordered[:-1]])]
    if len(values) <= _MOST_BINS:
        return (_by_value(values, learned, judged),)
    ranges = _by_range(_edges(ordered), learned, judged)
    if len(values) <= _MOST_VALUES and np.array_equal(values, np.floor(values)):
        return (ranges, _by_value(values, learned, judged))
    return (ranges,)


def numbers_of(column: pa.ChunkedArray) -> FloatArray | None:
    """Return a column as numbers, NaN where missing; None if it is neither numbers, true/false nor times."""
    kind = column.type
    if pa.types.is_temporal(kind):
        column = column.cast(pa.int64()) if kind.bit_width == 64 else column.cast(pa.int32())
    elif not any(is_one(kind) for is_one in _NUMERIC):
        return None
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def words_of(column: pa.ChunkedArray) -> pa.Array:
    """Return a column of text as plain text in one piece."""
    return column.cast(pa.string()).combine_chunks()


def is_text(kind: pa.DataType) -> bool:
    """Say whether a column of this type holds text, encoded or not."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _look_up(values: pa.Array, known: pa.Array) -> Codes:
    found = pc.index_in(values, value_set=known).fill_null(UNSEEN - FIRST).to_numpy() + FIRST
    missing = values.is_null().to_numpy(zero_copy_only=False)
    return np.where(missing, MISSING, found).astype(np.intp)


def _by_value(values: FloatArray, learned: FloatArray, judged: FloatArray) -> Coded:
    def code(numbers: FloatArray) -> Codes:
        if len(values) == 0:
            return np.where(np.isnan(numbers), MISSING, UNSEEN).astype(np.intp)
        place = np.minimum(np.searchsorted(values, numbers), len(values) - 1)
        known = np.where(values[place] == numbers, place + FIRST, UNSEEN)
        return np.where(np.isnan(numbers), MISSING, known).astype(np.intp)

    return Coded(code(learned), code(judged), len(values) + FIRST, by_value=True)


def _by_range(edges: FloatArray, learned: FloatArray, judged: FloatArray) -> Coded:
    def code(numbers: FloatArray) -> Codes:
        place = np.searchsorted(edges, numbers, side="right") + FIRST
        return np.where(np.isnan(numbers), MISSING, place).astype(np.intp)

    return Coded(code(learned), code(judged), len(edges) + 1 + FIRST, by_value=False)


def _edges(ordered: FloatArray) -> FloatArray:
    """Return the inner edges of bins with equally many rows; a value that fills a bin alone is a bin of its own."""
    bins = int(np.clip(len(ordered) // _ROWS_A_BIN, 4, _MOST_BINS))
    quantiles = ordered[np.linspace(0, len(ordered) - 1, bins + 1).astype(np.int64)[1:-1]]
    heaped = quantiles[1:][quantiles[1:] == quantiles[:-1]]
    return np.unique(np.concatenate([quantiles, np.nextafter(heaped, np.inf)]))
