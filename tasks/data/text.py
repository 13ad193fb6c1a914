"""What a CSV's text means: numbers, true or false, dates or times where all of a column is that."""

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.times import LOCAL_TIME, UTC_TIME

READINGS = (pa.int64(), pa.float64(), pa.bool_(), pa.date32(), LOCAL_TIME, UTC_TIME)
"""What text may mean, the first that fits."""
_NOT_A_NUMBER = r"^\+|^-?0\d|^-?\d{16,}$"
"""Digits that a float would not give back: phone numbers, codes with leading zeros, long identifiers."""


def read_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a CSV's column as numbers, true/false, dates or times if all its values are that, else as it is.

    Text that a number would not give back stays text: ``007``, ``+49…``, more digits than a float holds. Lost
    all the same are the zeros at the end of ``1.10`` and the case of ``True``.
    """
    for kind in READINGS:
        try:
            typed = column.cast(kind)
        except pa.ArrowInvalid:
            continue
        return typed if gives_back(typed, column) else column
    return column


def gives_back(typed: pa.ChunkedArray | pa.Array, text: pa.ChunkedArray | pa.Array) -> bool:
    """Say whether what was read from ``text`` would be written so again."""
    if pa.types.is_integer(typed.type):
        return bool(typed.cast(pa.string()).equals(text))
    if pa.types.is_floating(typed.type):
        return not pc.any(pc.match_substring_regex(text, _NOT_A_NUMBER)).as_py()
    return True
