"""The benchmark's data: the flights of 2013, and the same year with three and ten times as many of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_ROW_GROUP_ROWS = 32_768
_MICROSECONDS_A_MINUTE = 60_000_000
_JITTER_MINUTES = 5
_FLIGHT_NUMBERS = 9999
"""The contract's largest one."""
_STRIDE = 997
"""By how much the flight numbers of one copy differ from those of the copy before."""


@dataclass(frozen=True)
class _Jitter:
    """How far a number of a copied row lies from its original, and the contract's limits that it keeps to."""

    spread: float
    low: float
    high: float


_JITTERS = {
    "temp": _Jitter(0.5, -20, 120),
    "dewp": _Jitter(0.5, -40, 100),
    "humid": _Jitter(1.0, 0, 100),
    "wind_speed": _Jitter(0.5, 0, 150),
    "pressure": _Jitter(0.3, 900, 1100),
    "arr_delay": _Jitter(2.0, -120, 2880),
}


def write_flights(original: Path, times: int, path: Path) -> Path:
    """Write ``times`` as many flights as in ``original`` to ``path``, sorted by time, unless they are there.

    The span of time stays the same, a year, so that the windows of a spec hold ``times`` as many rows. Every
    copy is its original with another flight number, moved by a few minutes, in slightly other weather.
    """
    if not path.exists():
        table = pq.read_table(original)
        grown = pa.concat_tables([table, *(_copy(table, number) for number in range(1, times))])
        order = [(name, "ascending") for name in ("scheduled_departure", "carrier", "flight", "origin")]
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        pq.write_table(grown.sort_by(order), unfinished, row_group_size=_ROW_GROUP_ROWS, compression="lz4")
        unfinished.replace(path)
    return path


def _copy(table: pa.Table, number: int) -> pa.Table:
    generator = np.random.default_rng(number)
    copied = _replace(table, "scheduled_departure", _moved(table["scheduled_departure"], number, generator))
    copied = _replace(copied, "flight", _renumbered(table["flight"], number))
    for name, jitter in _JITTERS.items():
        copied = _replace(copied, name, _jittered(table[name], jitter, generator))
    return copied


def _moved(times: pa.ChunkedArray, number: int, generator: np.random.Generator) -> pa.Array:
    """Return the times moved by whole minutes, and by ``number`` seconds: flights leave on the minute.

    So no row of one copy has the time of a row of another, and keys stay unique.
    """
    minutes = generator.integers(-_JITTER_MINUTES, _JITTER_MINUTES, len(times), endpoint=True)
    offsets = minutes * _MICROSECONDS_A_MINUTE + number * 1_000_000
    return pa.array(times.cast(pa.int64()).to_numpy() + offsets).cast(times.type)


def _renumbered(flights: pa.ChunkedArray, number: int) -> pa.Array:
    return pa.array((flights.to_numpy() - 1 + number * _STRIDE) % _FLIGHT_NUMBERS + 1)


def _jittered(column: pa.ChunkedArray, jitter: _Jitter, generator: np.random.Generator) -> pa.Array:
    """Return the values moved within the limits; one that is missing or beyond them stays as it is."""
    values = column.cast(pa.float64()).to_numpy()
    moved = np.clip(values + generator.normal(0, jitter.spread, len(values)).round(1), jitter.low, jitter.high)
    inside = (values >= jitter.low) & (values <= jitter.high)
    return pc.if_else(column.is_valid(), pa.array(np.where(inside, moved, values)), None)


def _replace(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)
