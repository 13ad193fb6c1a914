"""What each column is: a number, a category, free text, an id, a time, a constant, another column again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.digest import canonical_type
from tasks.data.text import read_text
from tasks.drafting import names
from tasks.drafting.profile import Profile

Kind = Literal["number", "flag", "category", "text", "id", "time", "constant", "empty", "other"]
_ALL_DIFFERENT = 0.98
_MANY_WORDS = 1_000
"""Of a category; with more, each is too rare to be learned by itself."""
_MANY_CODES = 255
"""Whole numbers that are called an id; fewer may be a rank."""
_SENTENCE = 3
"""Words in a value, on average, from which on it is text and no name."""
_MOSTLY_NUMBERS = 0.99
_SAME = 1 - 1e-9
"""Squared correlation, from which on two columns say the same."""


@dataclass(frozen=True)
class Column:
    """A column as it was found. Shares are of the rows that were looked at, numbers of them all."""

    name: str
    kind: Kind
    values: pa.ChunkedArray
    """Of the sample, in the type that they mean."""
    raw: pa.ChunkedArray
    """The same as a source gives them."""
    missing: int
    distinct: int
    same_as: str | None = None
    """An earlier column that says the same, in another unit or by other words."""
    unreadable: int = 0
    """Of the sample: words among numbers."""
    offsets: tuple[str, ...] = ()
    """The offsets from UTC with which times are written."""

    @property
    def is_whole(self) -> bool:
        return bool(pa.types.is_integer(self.values.type))

    @property
    def all_different(self) -> bool:
        return self.distinct >= _ALL_DIFFERENT * len(self.values) and len(self.values) > 1


def find_kinds(profile: Profile, missing_words: Sequence[str]) -> dict[str, Column]:
    """Return each column of the table with what it is, in the table's order."""
    columns = [_column(name, profile, missing_words) for name in profile.columns]
    again = _same_columns(columns)
    return {column.name: replace(column, same_as=again.get(column.name)) for column in columns}


def _column(name: str, profile: Profile, missing_words: Sequence[str]) -> Column:
    raw = _without(profile.sample.column(name), missing_words)
    values, unreadable = _read(raw, typed=profile.typed)
    extra = raw.null_count - profile.sample.column(name).null_count
    missing = profile.missing[name] + round(extra * profile.rows / len(raw))
    distinct = _distinct(values)
    kind = _kind(name, values, distinct)
    kept = raw if unreadable else values
    return Column(name, kind, values, kept, missing, distinct, unreadable=unreadable, offsets=_offsets(raw))


def _without(column: pa.ChunkedArray, words: Sequence[str]) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not words or pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return column
    return pc.if_else(
        pc.is_in(column.cast(pa.string()), value_set=pa.array(words)), pa.scalar(None, column.type), column
    )


def _read(column: pa.ChunkedArray, *, typed: bool) -> tuple[pa.ChunkedArray, int]:
    """Return a column as what it means, and how many words stand among its numbers, which are then missing."""
    if typed or not pa.types.is_string(column.type):
        return (column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column), 0
    read = read_text(column)
    if not pa.types.is_string(read.type):
        return read, 0
    filled = len(column) - column.null_count
    is_number = pc.match_substring_regex(column, r"^-?(0|[1-9]\d{0,14})?(\.\d+)?([eE][+-]?\d+)?$")
    numbers = pc.sum(is_number).as_py() or 0
    if not _MOSTLY_NUMBERS * filled <= numbers < filled:
        return column, 0
    try:
        return pc.if_else(is_number, column, None).cast(pa.float64()), filled - numbers
    except pa.ArrowInvalid:
        return column, 0


def _offsets(raw: pa.ChunkedArray) -> tuple[str, ...]:
    if not pa.types.is_string(raw.type):
        return ()
    found = pc.struct_field(pc.extract_regex(raw, r"\d[T ]\d\d:\d\d.*?(?P<zone>Z|[+-]\d\d:?\d\d)$"), "zone")
    return tuple(sorted(pc.unique(found.drop_null()).to_pylist()))


def _distinct(values: pa.ChunkedArray) -> int:
    return len(pc.unique(values.drop_null()))


def _kind(name: str, values: pa.ChunkedArray, distinct: int) -> Kind:
    filled, kind = len(values) - values.null_count, values.type
    if filled == 0:
        return "empty"
    if distinct == 1:
        return "constant"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "time"
    if pa.types.is_boolean(kind):
        return "flag"
    if pa.types.is_floating(kind):
        return "number"
    if pa.types.is_integer(kind):
        return "id" if _is_id(name, values, distinct / len(values)) or _is_code(name, values, distinct) else "number"
    if pa.types.is_dictionary(canonical_type(kind)):
        return _kind_of_text(name, values, distinct / filled)
    return "other"


def _is_id(name: str, values: pa.ChunkedArray, distinct: float) -> bool:
    """Say whether whole numbers name rows: all differ, and they are called so, or count up."""
    if distinct < 0.9 or values.null_count or len(values) < 10:
        return False
    numbers = values.to_numpy()
    steps = np.diff(numbers)
    counts_up = bool((steps > 0).all()) and (steps.max() <= 2 * steps.min() or names.names_rows(name))
    return names.names_rows(name) or counts_up


def _is_code(name: str, values: pa.ChunkedArray, distinct: int) -> bool:
    """Say whether whole numbers name things that come again, such as shops: called so, and of many values."""
    return names.names_things(name) and distinct > _MANY_CODES and not values.null_count


def _kind_of_text(name: str, values: pa.ChunkedArray, distinct: float) -> Kind:
    text = values.cast(pa.string()).drop_null()
    spaces = pc.mean(pc.count_substring(text, " ")).as_py() or 0.0
    if spaces >= _SENTENCE - 1 and distinct > 0.2:
        return "text"
    count = len(pc.unique(text))
    if distinct > 0.9 and len(text) > 20:
        return "id"
    if names.names_people(name):
        return "id"
    return "category" if count <= _MANY_WORDS and (distinct <= 0.5 or count <= 20) else "id"


def _same_columns(columns: Sequence[Column]) -> Mapping[str, str]:
    """Return the columns that say what an earlier one says: numbers in a straight line, words one for one."""
    return {**_same_numbers([c for c in columns if c.kind == "number"]), **_same_words(columns)}


def _same_numbers(columns: Sequence[Column]) -> dict[str, str]:
    found: dict[str, str] = {}
    if len(columns) < 2:
        return found
    numbers = np.column_stack([_numbers(column.values) for column in columns])
    gaps = np.isnan(numbers)
    filled = np.where(gaps, np.nanmean(numbers, axis=0), numbers)
    spread = filled.std(axis=0)
    scaled = (filled - filled.mean(axis=0)) / np.where(spread > 0, spread, 1)
    alike = (scaled.T @ scaled / len(scaled)) ** 2
    for later, earlier in zip(*np.nonzero(np.tril(alike >= _SAME, k=-1)), strict=True):
        if (
            columns[earlier].name not in found
            and (gaps[:, later] == gaps[:, earlier]).all()
            and columns[later].distinct > 2
        ):
            found.setdefault(columns[later].name, columns[earlier].name)
    return found


def _numbers(values: pa.ChunkedArray) -> "np.typing.NDArray[np.float64]":
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _same_words(columns: Sequence[Column]) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: dict[bytes, str] = {}
    for column in columns:
        if column.kind == "category" and column.distinct > 2:
            codes = column.values.combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
            earlier = seen.setdefault(codes.astype(np.int32).tobytes(), column.name)
            if earlier != column.name:
                found[column.name] = earlier
    return found
