"""The types of columns that are read batch by batch: those that ``read_source`` gives them, which has all rows at hand.

What a CSV's text means can only be said once all of it was seen: 1.10 is a number, unless a later row says "n/a".
"""

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.digest import canonical_type
from tasks.data.text import READINGS, gives_back
from tasks.errors import SourceError


class Settling:
    """A column's type, as far as its batches so far tell."""

    def __init__(self, name: str, *, mixed: bool) -> None:
        """``mixed``: the source, a database, may keep values of several types in one column; they are text then."""
        self._name, self._mixed = name, mixed
        self._types: dict[pa.DataType, None] = {}
        self._readings = dict.fromkeys(READINGS, True)
        self._is_text = False

    def see(self, array: pa.Array) -> pa.Array:
        """Take note of ``array``, and return it as it is best kept: text plain, decimals as floats."""
        self._is_text = self._is_text or pa.types.is_string(array.type)  # only a CSV's: other text has a dictionary
        if pa.types.is_string(array.type) and self._readings:
            self._readings = _narrowed(self._readings, array)
        kept = _plain(array)
        self._types[kept.type] = None
        return kept

    def settle(self, array: pa.Array) -> pa.Array:
        """Return an array that ``see`` gave back in the type of the whole column."""
        array = array.cast(self._type())
        if self._is_text and self._readings:
            kind, still = next(iter(self._readings.items()))
            array = array.cast(kind) if still else array
        if pa.types.is_floating(array.type):
            array = pc.if_else(pc.is_nan(array), None, array)
        return array.dictionary_encode() if canonical_type(array.type) != array.type else array

    def _type(self) -> pa.DataType:
        """Return the type that holds what all batches held."""
        if len(self._types) == 1:
            return next(iter(self._types))
        nothing = [pa.table([pa.array([], kind)], names=["column"]) for kind in self._types]
        try:
            return pa.concat_tables(nothing, promote_options="permissive").schema.field(0).type
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            if self._mixed:
                return pa.string()
            found = " and ".join(sorted(map(str, self._types)))
            raise SourceError(f"column {self._name} is {found}; allowed: one type in all files") from None


def _narrowed(readings: dict[pa.DataType, bool], text: pa.Array) -> dict[pa.DataType, bool]:
    """Return those of ``readings`` that fit ``text`` too, and whether they give back what is written."""
    fitting = {}
    for kind, still in readings.items():
        try:
            typed = text.cast(kind)
        except pa.ArrowInvalid:
            continue
        fitting[kind] = still and gives_back(typed, text)
    return fitting


def _plain(array: pa.Array) -> pa.Array:
    if pa.types.is_decimal(array.type):  # by way of text: Arrow's own cast makes 37.480000000000004 of 37.48
        return array.cast(pa.string()).cast(pa.float64())
    kind = canonical_type(array.type)
    return array.cast(pa.string() if pa.types.is_dictionary(kind) else kind)
