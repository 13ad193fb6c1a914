"""The bins of one column: learned once, from what the champion learned from, and the same for all that follows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.matrix import FloatArray

Codes = npt.NDArray[np.uint16]
QUANTILES = np.array([0.01, *np.arange(0.05, 0.96, 0.05), 0.99])
"""Where the edges of a number's bins lie: bins of equal mass, so that one huge value cannot empty all others."""
MOST_SHOWN = 30
"""Words with a bin of their own."""
MOST_KNOWN = 1000
"""Of a column with more distinct words it is told how long they are, if they are texts."""
_NAMES = 0.5
"""Share of the rows whose word no other row has, above which a column names rows: they tell nothing."""
_NEW, _FEWEST_NEW = 0.005, 5
"""The same share, and so many rows, above which words go on coming that were never seen.

By Good's estimate (1953, "The population frequencies of species", Biometrika 40) it is the chance that the next row has
such a one. To customers there is no end; to count new ones as a change would be an alarm in every window.
"""
_SPACES = 1.0
"""In a text, on average."""


@dataclass(frozen=True)
class Ranges:
    """Ranges of a number: bin i holds what is above ``edges[i - 1]`` and not above ``edges[i]``."""

    edges: FloatArray

    @property
    def values(self) -> int:
        return len(self.edges) + 1

    def numbers(self, column: pa.Array) -> FloatArray:
        """Return what is binned, NaN where it is missing."""
        return as_numbers(column)

    def called(self, name: str) -> str:
        """Return in words what is binned of column ``name``."""
        return name

    def codes(self, column: pa.Array) -> Codes:
        """Return the bin of each value, shape (rows,); missing ones have ``values + 1``."""
        numbers = self.numbers(column)
        codes = np.zeros(len(numbers), dtype=np.uint8)
        for edge in self.edges:  # a pass for each edge is three times as fast as a binary search for each value
            codes += numbers > edge
        found = codes.astype(np.uint16)
        found[np.isnan(numbers)] = self.values + 1
        return found


@dataclass(frozen=True)
class Lengths(Ranges):
    """Ranges of how many characters a text has: of words that hardly come again there is little else to compare."""

    def numbers(self, column: pa.Array) -> FloatArray:
        return lengths_of(column)

    def called(self, name: str) -> str:
        return f"the length of {name}"


@dataclass(frozen=True)
class Words:
    """Words: the frequent ones have a bin each, the other known ones one together."""

    known: tuple[str, ...]
    """The most frequent first."""
    endless: bool = False
    """New ones go on coming: they count as the known ones that have no bin of their own, and are no change."""

    @property
    def shown(self) -> tuple[str, ...]:
        return self.known[:MOST_SHOWN]

    @property
    def values(self) -> int:
        return len(self.shown) + 1

    def codes(self, column: pa.Array) -> Codes:
        """Return the bin of each word, shape (rows,); unseen ones have ``values``, missing ones ``values + 1``."""
        encoded = as_words(column)
        places = pc.index_in(encoded.dictionary, pa.array(self.known, pa.string())).fill_null(-1).to_numpy()
        new = len(self.shown) if self.endless else self.values
        bins = np.where(places < 0, new, np.minimum(places, len(self.shown)))
        bins = np.append(bins, self.values + 1).astype(np.uint16)
        return np.asarray(bins[encoded.indices.fill_null(len(bins) - 1).to_numpy()])


Bins = Ranges | Words


def to_json(bins: Bins) -> dict[str, list[float] | list[str]]:
    """Return ``bins`` in JSON's own types."""
    if isinstance(bins, Words):
        return {"endless" if bins.endless else "known": list(bins.known)}
    return {"lengths" if isinstance(bins, Lengths) else "edges": bins.edges.tolist()}


def from_json(found: dict[str, Any]) -> Bins:
    """Return what ``to_json`` wrote."""
    if "known" in found:
        return Words(tuple(found["known"]))
    if "endless" in found:
        return Words(tuple(found["endless"]), endless=True)
    if "lengths" in found:
        return Lengths(np.array(found["lengths"], dtype=np.float64))
    return Ranges(np.array(found["edges"], dtype=np.float64))


def learn(column: pa.Array) -> Bins | None:
    """Return the bins that suit ``column``, a sample of the reference; None when nothing can be told of it."""
    if is_number(column.type):
        numbers = as_numbers(column)
        numbers = numbers[np.isfinite(numbers)]
        return Ranges(_edges(numbers)) if len(numbers) else None
    if is_word(column.type):
        counts = pc.value_counts(as_words(column).cast(pa.string()).drop_null())
        if len(counts) > MOST_KNOWN and pc.mean(pc.count_substring(counts.field(0), " ")).as_py() >= _SPACES:
            return _learn_lengths(column)
        return _learn_words(counts.field(0).to_pylist(), counts.field(1).to_pylist())
    return None


def _learn_words(words: list[str], counts: list[int]) -> Words | None:
    once, rows = counts.count(1), sum(counts)
    if not rows or (len(words) > MOST_KNOWN and once > _NAMES * rows):
        return None
    order = tuple(word for word, _ in sorted(zip(words, counts, strict=True), key=_often_first))
    if len(words) > MOST_KNOWN or (once >= _FEWEST_NEW and once > _NEW * rows):
        return Words(order[:MOST_SHOWN], endless=True)
    return Words(order)


def _learn_lengths(column: pa.Array) -> Lengths:
    lengths = lengths_of(column)
    return Lengths(_edges(lengths[np.isfinite(lengths)]))


def _often_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _edges(numbers: FloatArray) -> FloatArray:
    """Return the edges between bins of about equal mass; a value that is a bin by itself lies below its edge."""
    edges = np.unique(np.quantile(numbers, QUANTILES, method="inverted_cdf"))
    return edges if len(edges) > 1 else np.unique([np.nextafter(edges[0], -np.inf), edges[0]])


def is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def is_word(kind: pa.DataType) -> bool:
    """Say whether a column holds text, or true and false."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind))


def as_numbers(column: pa.Array) -> FloatArray:
    """Return a column of numbers as float64, NaN where missing."""
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))


def lengths_of(column: pa.Array) -> FloatArray:
    """Return how many characters each text has, NaN where it is missing."""
    encoded = as_words(column)
    lengths = pc.utf8_length(encoded.dictionary).cast(pa.float64()).take(encoded.indices)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.float64)


def as_words(column: pa.Array) -> pa.DictionaryArray:
    """Return a column of text, or of true and false, dictionary-encoded."""
    if pa.types.is_dictionary(column.type):
        same = column.type.value_type == pa.string()
        return column if same else column.cast(pa.dictionary(column.type.index_type, pa.string()))
    return column.cast(pa.string()).dictionary_encode()
