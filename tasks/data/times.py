"""Event times, however a source writes them, as UTC; and the rows that lie in a window."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.spec import SourceSpec

UTC_TIME = pa.timestamp("us", tz="UTC")
LOCAL_TIME = pa.timestamp("us")
_OFFSET = r"[T ]\d\d.*(Z|[+-]\d\d(:?\d\d)?)$"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Found:
    """How many values of a sort there were, and the first of them."""

    count: int = 0
    sample: pa.Scalar | None = None

    def __add__(self, other: "Found") -> "Found":
        return Found(self.count + other.count, self.sample if self.count else other.sample)


@dataclass(frozen=True)
class Tally:
    """What a column of times held."""

    missing: Found = Found()
    unreadable: Found = Found()
    zoned: Found = Found()
    local: Found = Found()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.missing + other.missing,
            self.unreadable + other.unreadable,
            self.zoned + other.zoned,
            self.local + other.local,
        )


def rows_within(
    batches: Iterable[pa.RecordBatch], source: SourceSpec, window: Window, name: str
) -> Iterator[pa.RecordBatch]:
    """Yield of each batch the rows whose event time is in ``window``, with their times as UTC.

    ``name`` is what errors call the place that the rows come from.

    Raises:
        SourceError: after the last batch, when an event time was missing, or any time was not to be read.
    """
    events, arrivals = Tally(), Tally()
    for batch in batches:
        times, found = read_times(batch.column(source.timestamp), source.timezone)
        events += found
        kept = _replaced(batch, source.timestamp, times).filter(_inside(times, window))
        if source.label_time and source.label_time in kept.schema.names:
            times, found = read_times(kept.column(source.label_time), source.timezone)
            arrivals += found
            kept = _replaced(kept, source.label_time, times)
        yield kept
    _refuse_missing(events, f"{name}: column {source.timestamp}")
    _refuse_unclear(events, f"{name}: column {source.timestamp}")
    _refuse_unclear(arrivals, f"{name}: column {source.label_time}")


def read_times(written: pa.Array, zone: str) -> tuple[pa.Array, Tally]:
    """Return ``written`` as UTC, null where it cannot be read, and what was found.

    Timestamps, dates (their midnight) and ISO 8601 text are read; what has no zone is in ``zone``. A local
    time that a clock change repeats is the earlier one; one that it skips is moved forward to the change.
    """
    if pa.types.is_dictionary(written.type):
        written = written.cast(written.type.value_type)
    if pa.types.is_string(written.type) or pa.types.is_large_string(written.type):
        values, zoned = _read_text(written.cast(pa.string()), zone)
    elif pa.types.is_timestamp(written.type) and written.type.tz:
        values, zoned = written.cast(UTC_TIME, safe=False), written.is_valid()
    elif pa.types.is_timestamp(written.type) or pa.types.is_date(written.type):
        values, zoned = _localize(written.cast(LOCAL_TIME, safe=False), zone), None
    else:
        values, zoned = pa.nulls(len(written), UTC_TIME), None
    return values, _tally(written, values, zoned)


def widen(window: Window) -> Window:
    """Return ``window`` in whole days, at least one wider at both ends.

    A time of unknown zone, or a text that is compared as text, lies in it whenever it lies in ``window``.
    """
    first, last = datetime.min.replace(tzinfo=UTC) + 2 * _DAY, datetime.max.replace(tzinfo=UTC) - 3 * _DAY
    start = None if window.start is None or window.start < first else _midnight(window.start) - _DAY
    return Window(start, _midnight(min(window.end, last)) + 2 * _DAY)


def _read_text(text: pa.Array, zone: str) -> tuple[pa.Array, pa.Array | None]:
    """Return the times of ISO texts, and which of them have an offset (None: none of them)."""
    try:
        return _localize(text.cast(LOCAL_TIME), zone), None
    except pa.ArrowInvalid:
        text = _plain(text)
    zoned = pc.match_substring_regex(text, _OFFSET)
    local = _localize(_cast(pc.if_else(zoned, None, text), LOCAL_TIME), zone)
    return pc.coalesce(local, _cast(pc.if_else(zoned, text, None), UTC_TIME)), zoned


def _plain(text: pa.Array) -> pa.Array:
    """Return texts as Arrow reads them: no blank before the zone, ``Z`` for ``UTC``, at most microseconds."""
    text = pc.utf8_trim_whitespace(text)
    for pattern, by in ((r" ?(UTC|z)$", "Z"), (r" ([+-]\d\d(:?\d\d)?|Z)$", r"\1"), (r"(\.\d{6})\d+", r"\1")):
        text = pc.replace_substring_regex(text, pattern=pattern, replacement=by)
    return text


def _cast(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return ``text`` as ``kind``, null where that cannot be."""
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        return pa.array([_cast_one(word, kind) for word in text], type=kind)


def _cast_one(word: pa.Scalar, kind: pa.DataType) -> pa.Scalar:
    try:
        return word.cast(kind)
    except pa.ArrowInvalid:
        return pa.scalar(None, kind)


def _localize(times: pa.Array, zone: str) -> pa.Array:
    aware = pc.assume_timezone(times, zone, ambiguous="earliest", nonexistent="latest")
    return aware.cast(UTC_TIME)


def _tally(written: pa.Array, values: pa.Array, zoned: pa.Array | None) -> Tally:
    read = values.is_valid()
    offset = pc.and_(read, zoned) if zoned is not None else pa.repeat(False, len(read))
    return Tally(
        missing=Found(written.null_count),
        unreadable=_found(written, pc.and_(written.is_valid(), values.is_null())),
        zoned=_found(written, offset),
        local=_found(written, pc.and_not(read, offset)),
    )


def _found(written: pa.Array, which: pa.Array) -> Found:
    first = pc.index(which, True).as_py()
    return Found() if first < 0 else Found(pc.sum(which).as_py(), written[first])


def _refuse_missing(found: Tally, where: str) -> None:
    if found.missing.count:
        raise SourceError(
            f"{where}: {_rows(found.missing)} no value; a row without a time cannot be placed in any window. "
            "Mend the source, or leave those rows out of it"
        )


def _refuse_unclear(found: Tally, where: str) -> None:
    if found.unreadable.count:
        raise SourceError(
            f"{where}: {_rows(found.unreadable)} no readable time, such as {_first(found.unreadable)}; "
            "allowed: timestamps, dates, and ISO 8601 text such as 2013-06-01T12:00:00Z"
        )
    if found.zoned.count and found.local.count:
        raise SourceError(
            f"{where}: {_rows(found.zoned)} a UTC offset, such as {_first(found.zoned)}, and "
            f"{_rows(found.local)} none, such as {_first(found.local)}; allowed: one way in all rows"
        )


def _rows(found: Found) -> str:
    return f"{found.count:,} row has" if found.count == 1 else f"{found.count:,} rows have"


def _first(found: Found) -> str:
    return repr(found.sample.as_py()) if found.sample is not None else "none"


def _inside(times: pa.Array, window: Window) -> pa.Array:
    before_end = pc.less(times, pa.scalar(window.end, UTC_TIME))
    if window.start is None:
        return before_end
    return pc.and_(before_end, pc.greater_equal(times, pa.scalar(window.start, UTC_TIME)))


def _replaced(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    return batch.set_column(batch.schema.get_field_index(name), name, values)


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC), time(), UTC)
