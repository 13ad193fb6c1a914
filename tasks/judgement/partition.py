"""Rows parted by the value that they have in a column."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.matrix import FloatArray

MISSING = "(missing)"
OTHER = "(other)"


@dataclass(frozen=True)
class Partition:
    """Which value of a column each row has: codes into ``names``, shape (rows,)."""

    codes: npt.NDArray[np.intp]
    names: tuple[str, ...]

    def sizes(self) -> npt.NDArray[np.intp]:
        """Return how many rows have each value."""
        return np.bincount(self.codes, minlength=len(self.names))

    def has(self, code: int) -> npt.NDArray[np.bool_]:
        """Return which rows have the value of that ``code``."""
        return np.asarray(self.codes == code)


def by_value(column: pa.ChunkedArray) -> Partition:
    """Return the rows of ``column`` by value, in the order of the values' text.

    >>> by_value(pa.chunked_array([["b", "a", None, "b"]]))
    Partition(codes=array([2, 1, 0, 2]), names=('(missing)', 'a', 'b'))
    """
    words = column.cast(pa.string()).fill_null(MISSING).combine_chunks().dictionary_encode()
    names = np.asarray(words.dictionary.to_pylist(), dtype=np.str_)
    order = np.argsort(names, kind="stable")
    place = np.argsort(order)
    return Partition(place[words.indices.to_numpy()], tuple(str(name) for name in names[order]))


def by_quantile(values: FloatArray, name: str, *, bins: int) -> Partition:
    """Return rows by where a number lies among the others': in up to ``bins`` bins of as many rows, nan apart."""
    known = values[~np.isnan(values)]
    inner = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else np.empty(0)
    codes = np.where(np.isnan(values), len(inner) + 1, np.searchsorted(inner, values, side="right"))
    edges = [f"{edge:g}" for edge in inner]
    lows, highs = ["", *(f"{edge} ≤ " for edge in edges)], [*(f" < {edge}" for edge in edges), ""]
    names = [f"{low}{name}{high}" for low, high in zip(lows, highs, strict=True)]
    return Partition(codes, (*names, f"{name} {MISSING}"))


def in_phrases(parts: Partition, column: str) -> Partition:
    """Return ``parts`` with names that say which column they are of."""
    return Partition(parts.codes, tuple(f"{column} = {name}" for name in parts.names))


def largest(parts: Partition, most: int) -> Partition:
    """Return ``parts`` with all but the ``most`` largest values taken together as one."""
    if len(parts.names) <= most:
        return parts
    kept = np.sort(np.argsort(-parts.sizes(), kind="stable")[:most])
    place = np.full(len(parts.names), most)
    place[kept] = np.arange(most)
    return Partition(place[parts.codes], (*(parts.names[code] for code in kept), OTHER))
