"""Event times that are made: of text in a way of its own, of several columns, or of the order of the rows."""

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.times import LOCAL_TIME, UTC_TIME
from tasks.data.window import as_utc, microseconds, microseconds_of
from tasks.spec import ClockSpec, PiecesClock, RowsClock, WrittenClock

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCHS = {"seconds": 1_000_000, "milliseconds": 1_000}
"""Formats that count from 1970, and the microseconds of each unit."""
_OF_THE_DAY = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000}
"""Pieces of the time of day, in microseconds."""
_LIMITS = {"month": (1, 12), "day": (1, 31), "hour": (0, 24), "minute": (0, 59), "second": (0, 60)}
_YEARS = 1678, 2261
"""Those that every unit of time can tell."""
_NUMBER = r"^-?\d+(\.\d+)?$"
_GOLDEN = 0.6180339887498949
Numbers = npt.NDArray[np.int64]


def columns_of(clock: ClockSpec) -> tuple[str, ...]:
    """Return the columns that the time is made of."""
    if isinstance(clock, WrittenClock):
        return (clock.column,)
    return tuple(clock.columns.values()) if isinstance(clock, PiecesClock) else ()


def times_of(batch: pa.RecordBatch, clock: ClockSpec, numbers: Numbers) -> pa.Array:
    """Return the time of each row, null where it cannot be made; without a zone where the source says none.

    ``numbers`` are those of the rows in their source, from 0, shape (rows,).
    """
    if isinstance(clock, WrittenClock):
        return read_written(batch.column(clock.column), clock.formats)
    if isinstance(clock, PiecesClock):
        return _put_together(batch, clock)
    return _by_order(clock, numbers)


def read_written(column: pa.Array, formats: list[str]) -> pa.Array:
    """Return times that are written in one of ``formats``, each value in the first that fits; else null."""
    if any(one in _EPOCHS for one in formats):
        return _since_1970(column, next(_EPOCHS[one] for one in formats if one in _EPOCHS))
    text = pc.utf8_trim_whitespace(_as_text(column))
    found = pa.nulls(len(text), LOCAL_TIME)
    for one in formats:
        found = pc.coalesce(found, pc.strptime(text, format=one, unit="us", error_is_null=True))
    return found


def spread_places(numbers: Numbers, count: int) -> Numbers:
    """Return where each of the first ``count`` rows comes in time; those after them stay where they are.

    Row n comes at n times a step of about 0.618 of all, modulo all (Weyl 1916): however long a run of alike rows is, it
    lies evenly over the time, so that a file sorted by its target has all of it in every window.

    >>> spread_places(np.arange(6), 5).tolist()
    [0, 3, 1, 4, 2, 5]
    """
    if count < 2:
        return numbers
    step = next(step for step in range(round(count * _GOLDEN) or 1, 2 * count) if np.gcd(step, count) == 1)
    return np.asarray(np.where(numbers < count, numbers % count * step % count, numbers))


def _by_order(clock: RowsClock, numbers: Numbers) -> pa.Array:
    first = microseconds(as_utc(datetime.fromisoformat(clock.first)).astimezone(UTC))
    return pa.array(first + spread_places(numbers, clock.spread) * microseconds_of(clock.every)).cast(UTC_TIME)


def _since_1970(column: pa.Array, unit: int) -> pa.Array:
    numbers = _as_numbers(column)
    known = ~np.isnan(numbers)
    microseconds_since = np.where(known, np.round(np.where(known, numbers, 0) * unit), 0).astype(np.int64)
    return pa.array(microseconds_since, mask=~known).cast(UTC_TIME)


def _put_together(batch: pa.RecordBatch, clock: PiecesClock) -> pa.Array:
    pieces = {piece: batch.column(column) for piece, column in clock.columns.items()}
    if "date" in pieces:
        days = _days(pieces.pop("date"), clock.date_format)
        known = days.is_valid().to_numpy(zero_copy_only=False)
        start = days.fill_null(0).to_numpy().astype("datetime64[D]")
    else:
        start, known = _day_of(pieces)
    micro = start.astype("datetime64[us]").astype(np.int64)
    for piece, size in _OF_THE_DAY.items():
        if piece in pieces:
            found = _whole(pieces[piece], piece)
            known = known & ~np.isnan(found)
            micro = micro + np.nan_to_num(found).astype(np.int64) * size
    return pa.array(micro, mask=~known).cast(LOCAL_TIME)


def _days(column: pa.Array, written: str | None) -> pa.Array:
    """Return days as days since 1970."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        times = column.cast(LOCAL_TIME, safe=False)
    else:
        times = read_written(column, [written or "%Y-%m-%d"])
    return times.cast(pa.date32(), safe=False).cast(pa.int32()).cast(pa.int64())


def _day_of(pieces: dict[str, pa.Array]) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.bool_]]:
    """Return the day that year, month and day give, and where there is such a day."""
    rows = len(pieces["year"])
    year = _whole(pieces["year"], "year")
    month, day = (_whole(pieces[piece], piece) if piece in pieces else np.ones(rows) for piece in ("month", "day"))
    known = ~(np.isnan(year) | np.isnan(month) | np.isnan(day))
    y, m, d = (np.where(known, part, 1).astype(np.int64) for part in (year, month, day))
    months = (np.where(known, y - 1970, 0) * 12 + m - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (d - 1)
    return np.asarray(days), known & (days.astype("datetime64[M]") == months)


def _whole(column: pa.Array, piece: str) -> npt.NDArray[np.float64]:
    """Return whole numbers, NaN where there is none or one that cannot be; a month may be a name."""
    numbers = _as_numbers(column)
    if piece == "month" and np.isnan(numbers).any():
        words = pc.utf8_slice_codeunits(pc.utf8_lower(pc.utf8_trim_whitespace(_as_text(column))), 0, 3)
        named = pc.add(pc.index_in(words, value_set=pa.array(_MONTHS)), 1).cast(pa.float64())
        numbers = np.where(np.isnan(numbers), named.to_numpy(zero_copy_only=False), numbers)
    low, high = _LIMITS.get(piece, _YEARS)
    possible = (numbers >= low) & (numbers <= high) & (numbers == np.floor(numbers))
    return np.where(possible, numbers, np.nan)


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.string())


def _as_numbers(column: pa.Array) -> npt.NDArray[np.float64]:
    """Return numbers, NaN where there is none."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    text = pc.utf8_trim_whitespace(_as_text(column))
    plain = pc.if_else(pc.match_substring_regex(text, _NUMBER), text, None)
    return np.asarray(plain.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
