"""Which column, or which several, say when a row was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.clocks import read_written, times_of
from tasks.data.times import read_times
from tasks.drafting import names
from tasks.drafting.date_formats import formats_of, formats_of_all
from tasks.drafting.kinds import Column
from tasks.spec import ClockSpec, PiecesClock, WrittenClock

_EPOCHS = {"seconds": (500_000_000, 3_000_000_000), "milliseconds": (500_000_000_000, 3_000_000_000_000)}
_WORDS = 2_000
_AGREES = 0.75
_CLEARLY = 0.05
"""Share of the rows, by which one reading has to go forward in time more often than another to be the right one."""


@dataclass(frozen=True)
class Clock:
    """A way to have the event time."""

    timestamp: str
    """The column that has it."""
    spec: ClockSpec | None
    """How it is made; None: it is there."""
    columns: tuple[str, ...]
    """Those that it is made of, or the column itself."""
    words: str
    """What it is, for people."""
    ambiguous: str = ""
    """Another reading that fits as well, in words."""


def find_clocks(columns: Mapping[str, Column], taken: Sequence[str]) -> list[Clock]:
    """Return all ways to have an event time in which no row lacks one, the likeliest first.

    ``taken`` are columns that are something else, such as the target.
    """
    usable = {name: column for name, column in columns.items() if name not in taken and not column.missing}
    single = [clock for name, column in usable.items() if (clock := clock_of(column)) is not None]
    single.sort(key=lambda clock: -names.when(clock.timestamp))
    together = _in_pieces(usable, single)
    best = single[:1] if single and not _is_a_day(single[0], columns) else []
    found = [*best, *together, *[clock for clock in single if clock not in best]]
    return [clock for clock in found if names.when(clock.columns[0]) >= 0 or len(clock.columns) > 1]


def clock_of(column: Column) -> Clock | None:
    """Return how ``column`` by itself says a time; None if it does not."""
    if column.kind == "time":
        return Clock(column.name, None, (column.name,), f"the column {column.name}")
    if pa.types.is_string(column.values.type):
        return _written(column)
    if column.kind in ("number", "id") and column.is_whole and names.when(column.name) > 0:
        low, high = pc.min(column.values).as_py(), pc.max(column.values).as_py()
        for unit, (first, last) in _EPOCHS.items():
            if first <= low <= high <= last:
                spec = WrittenClock(kind="written", column=column.name, formats=[unit])
                return Clock(column.name, spec, (column.name,), f"{column.name}, which counts {unit} from 1970")
    return None


def times_in(columns: Mapping[str, Column], clock: Clock, zone: str) -> "np.typing.NDArray[np.int64]":
    """Return the times of the sample's rows by ``clock``, microseconds since 1970, UTC, shape (rows,)."""
    batch = pa.record_batch({name: columns[name].values.combine_chunks() for name in clock.columns})
    made = batch.column(0) if clock.spec is None else times_of(batch, clock.spec, np.arange(batch.num_rows))
    return np.asarray(read_times(made, zone)[0].cast(pa.int64()).fill_null(0).to_numpy())


def parts_said(columns: Mapping[str, Column], clock: Clock, zone: str) -> list[str]:
    """Return the columns that say again what the event time says: its pieces, and a year, month or day beside it.

    A zone may shift a day now and then, so that a quarter of the rows may differ.
    """
    moments = times_in(columns, clock, zone).astype("datetime64[us]")
    months = moments.astype("datetime64[M]").astype(np.int64)
    says = {
        "year": months // 12,
        "month": months % 12,
        "day": (moments.astype("datetime64[D]") - moments.astype("datetime64[M]")).astype(np.int64),
    }
    found = [name for name in clock.columns if isinstance(clock.spec, PiecesClock)]
    for name, column in columns.items():
        piece = names.piece(name)
        if piece in says and name not in found and column.is_whole and not column.missing:
            written = column.values.to_numpy()
            same = (written - written.min()) == (says[piece] - says[piece].min())
            found += [name] if same.mean() >= _AGREES else []
    return found


def _written(column: Column) -> Clock | None:
    """Return the format, or the formats, in which a text column says times."""
    words = pc.unique(column.values.drop_null()).slice(0, _WORDS)
    words = words.combine_chunks() if isinstance(words, pa.ChunkedArray) else words
    if not pc.all(pc.match_substring_regex(words, r"\d")).as_py() or pc.max(pc.utf8_length(words)).as_py() > 40:
        return None
    if not read_times(words, "UTC")[1].unreadable.count:  # ISO 8601, with or without offsets
        return Clock(column.name, None, (column.name,), f"the column {column.name}")
    fitting = [one for one in formats_of(words[0].as_py()) if read_written(words, [one]).null_count == 0]
    if fitting:
        return _offormats_of(column, [fitting[0]], fitting[1:])
    several = [one for one in formats_of_all(words) if read_written(words, [one]).null_count < len(words)]
    if several and read_written(words, several).null_count == 0:
        return _offormats_of(column, several, [])
    return None


def _offormats_of(column: Column, formats: list[str], others: list[str]) -> Clock:
    """Return the time written in ``formats``, or in that of ``others``, which fit as well, that goes forward."""
    first = _read(column, formats[0])
    others = [one for one in others if not _read(column, one).equals(first)]
    apart = _goes_forward(_read(column, others[0])) - _goes_forward(first) if others else 0.0
    if apart > _CLEARLY:
        formats, others = others[:1], []
    spec = WrittenClock(kind="written", column=column.name, formats=formats)
    ambiguous = others[0] if others and apart > -_CLEARLY else ""
    return Clock(column.name, spec, (column.name,), f"{column.name}, written {' or '.join(formats)}", ambiguous)


def _read(column: Column, written: str) -> pa.Array:
    return read_written(column.values.combine_chunks(), [written])


def _goes_forward(times: pa.Array) -> float:
    """Return in which share of rows the time is not before that of the row before."""
    moments = times.cast(pa.int64()).drop_null().to_numpy()
    return float(np.mean(np.diff(moments) >= 0)) if len(moments) > 1 else 0.0


def _is_a_day(clock: Clock, columns: Mapping[str, Column]) -> bool:
    """Say whether a clock tells days and no hours."""
    times = times_in(columns, clock, "UTC")
    return not bool(np.any(times % 86_400_000_000))


def _in_pieces(columns: Mapping[str, Column], single: Sequence[Clock]) -> list[Clock]:
    """Return the time that several columns have a part of each, if they do."""
    named: dict[str, str] = {}
    for name in columns:
        if found := names.piece(name):
            named.setdefault(found, name)
    day = next((clock for clock in single if _is_a_day(clock, columns)), None)
    hours = _of(named, ("hour", "minute", "second")) if "hour" in named else {}
    hours = {piece: name for piece, name in hours.items() if columns[name].kind in ("number", "id", "flag")}
    if day is not None and hours:
        written = day.spec.formats[0] if isinstance(day.spec, WrittenClock) and day.spec.formats else None
        return _pieces({"date": day.columns[0], **hours}, columns, written)
    if {"year", "month"} <= named.keys():
        days = _of(named, ("year", "month", "day"))
        return _pieces({**days, **(hours if "day" in days else {})}, columns, None)
    return []


def _of(named: Mapping[str, str], pieces: Sequence[str]) -> dict[str, str]:
    return {piece: named[piece] for piece in pieces if piece in named}


def _pieces(pieces: Mapping[str, str], columns: Mapping[str, Column], written: str | None) -> list[Clock]:
    spec = PiecesClock(kind="pieces", date_format=written, **pieces)
    name = names.identifier("event_time", set(columns))
    clock = Clock(name, spec, tuple(pieces.values()), f"put together from {', '.join(pieces.values())}")
    batch = pa.record_batch({column: columns[column].values.combine_chunks() for column in clock.columns})
    known = times_of(batch, spec, np.arange(batch.num_rows))
    return [clock] if known.null_count == 0 and len(pc.unique(known)) > 1 else []
