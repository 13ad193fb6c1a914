"""What a section of a spec's history looks at, read from the source: what happened, and from when on it is known."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Contract
from tasks.data.conversion import convert
from tasks.data.digest import rank_text
from tasks.data.history.ranges import LARGEST
from tasks.data.history.timeline import Events, Times
from tasks.data.keys import Keys, row_keys
from tasks.data.labels import add_target
from tasks.data.matrix import FloatArray
from tasks.data.source import read_source
from tasks.data.window import Window, microseconds_of
from tasks.errors import SpecError
from tasks.settings import Settings
from tasks.spec import HistorySpec, ModelSpec

_A_MOMENT = 1
"""What happens at the very time of a row is not known to it: a microsecond later it is."""


@dataclass(frozen=True)
class Told:
    """Rows of the source, each once, by time and key; of the contract's columns those that history looks at."""

    rows: pa.Table
    times: Times


def read_told(spec: ModelSpec, contract: Contract, settings: Settings, window: Window) -> Told:
    """Return the rows that rows of ``window`` may know of."""
    reach = max(_reach(section, spec, contract) for section in spec.history)
    start = window.start - reach if window.start else None
    needed = _needed(spec, contract)
    found = read_source(spec.source, needed, Window(start, window.end), settings).table
    rows = typed(found, contract, needed)
    if is_made := set(filter(None, (section.of for section in spec.history))) - set(needed):
        assert is_made == {spec.source.target}
        rows = add_target(rows, spec, contract)
    return _once(rows, spec)


def events_of(told: Told, section: HistorySpec, spec: ModelSpec, contract: Contract) -> Events:
    """Return what ``section`` looks at."""
    whose, there = owners(told.rows, section.by)
    known = told.times + microseconds_of(section.delay) + _A_MOMENT
    values = np.ones(len(known))
    if section.of is not None:
        values = _values(told.rows.column(section.of), section, spec)
        there &= ~np.isnan(values)
    if _is_outcome(section, spec, contract):
        arrived, in_time = _arrivals(told, section, spec)
        known, there = np.maximum(known, arrived), there & in_time
    return Events(whose[there], told.times[there], known[there], values[there])


def owners(rows: pa.Table, by: list[str]) -> tuple[Keys, npt.NDArray[np.bool_]]:
    """Return whose each row is, and for which rows that is known; shapes (rows,)."""
    known = np.ones(rows.num_rows, dtype=bool)
    for name in by:
        known &= rows.column(name).is_valid().to_numpy(zero_copy_only=False)
    return row_keys(rows, by), known


def typed(rows: pa.Table, contract: Contract, names: list[str]) -> pa.Table:
    """Return the columns ``names`` of ``rows`` in the contract's types; missing where they cannot be read so, or are
    not there at all.
    """
    columns = {column.name: column for column in contract.columns}
    arrays = [
        convert(rows.column(name), columns[name]).values
        if name in rows.column_names
        else pa.nulls(rows.num_rows, columns[name].type)
        for name in names
    ]
    return pa.table(arrays, names=names)


def event_times(rows: pa.Table, timestamp: str) -> Times:
    """Return the event time of each row."""
    return np.asarray(rows.column(timestamp).cast(pa.int64()).to_numpy())


def _needed(spec: ModelSpec, contract: Contract) -> list[str]:
    """Return the columns to read: where the target is made by the contract's ``targets``, which may read any, all."""
    source, there = spec.source, [name for name in contract.names() if name not in contract.made]
    looked_at = [name for section in spec.history for name in (*section.by, section.of) if name]
    if set(looked_at) - set(there):
        return there
    named = [source.timestamp, *source.key, *looked_at, *([source.label_time] if source.label_time else [])]
    return list(dict.fromkeys(named))


def _reach(section: HistorySpec, spec: ModelSpec, contract: Contract) -> timedelta:
    """Return how long before a row something may have happened that it may know of."""
    longest = max(length for way in section.how for length in section.lengths(way))
    if not _is_outcome(section, spec, contract):
        return longest + section.delay
    return longest + max(section.delay, section.look_back if spec.source.label_time else spec.source.label_delay)


def _is_outcome(section: HistorySpec, spec: ModelSpec, contract: Contract) -> bool:
    return section.of is not None and section.of in (*contract.names("outcome"), spec.source.target)


def _arrivals(told: Told, section: HistorySpec, spec: ModelSpec) -> tuple[Times, npt.NDArray[np.bool_]]:
    """Return when each row's label arrived, and of which it did within ``look_back``: later ones are not read for."""
    if spec.source.label_time is None:
        return told.times + microseconds_of(spec.source.label_delay), np.ones(len(told.times), dtype=bool)
    column = told.rows.column(spec.source.label_time)
    arrived = np.asarray(column.cast(pa.int64()).fill_null(0).to_numpy())
    took = arrived - told.times
    return arrived, column.is_valid().to_numpy() & (took <= microseconds_of(section.look_back))


def _values(column: pa.ChunkedArray, section: HistorySpec, spec: ModelSpec) -> FloatArray:
    """Return the values of ``column`` as numbers, nan where there is none, or one that no sum can hold."""
    if not section.values:
        return np.where(column.is_valid().to_numpy(), 1.0, np.nan)
    if section.of == spec.source.target and spec.positive is not None:
        plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        column = pc.equal(plain, pa.scalar(spec.positive).cast(plain.type))
    if pa.types.is_dictionary(column.type) or pa.types.is_timestamp(column.type):
        raise SpecError(
            f"deployments/{spec.model}.toml: history: {section.values[0]} of {section.of}: found {column.type}; "
            "allowed: numbers, true/false"
        )
    values = np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    return np.where(np.abs(values) < LARGEST, values, np.nan)


def _once(rows: pa.Table, spec: ModelSpec) -> Told:
    """Return ``rows`` by time and key, whatever order they came in; one that was loaded twice happened once."""
    times, keys = event_times(rows, spec.source.timestamp), row_keys(rows, spec.source.key)
    by = [*(_sortable(rows.column(name)) for name in reversed(spec.source.key)), times]
    order = np.lexsort(by)
    if _again(times[order], keys[order]).any():  # of those that differ one is taken, the same in whatever order
        order = np.lexsort([row_keys(rows, rows.column_names), *by])
        order = order[~_again(times[order], keys[order])]
    if (np.diff(order) != 1).any() or len(order) < rows.num_rows:
        rows, times = rows.take(pa.array(order)), times[order]
    return Told(rows, times)


def _sortable(column: pa.ChunkedArray) -> npt.NDArray[np.generic]:
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = rank_text(array)[1]
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    return np.asarray(array.to_numpy(zero_copy_only=False))


def _again(times: Times, keys: Keys) -> npt.NDArray[np.bool_]:
    again = np.zeros(len(times), dtype=bool)
    again[1:] = (times[1:] == times[:-1]) & (keys[1:] == keys[:-1])
    return again
