"""The tables of a case, as they are measured."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_MOST_ROWS = 20_000
"""Of these a distance is known to within 0.01, and a thousand columns still take seconds."""


def thinned(table: pa.Table, timestamp: str) -> pa.Table:
    """Return rows of ``table``, evenly spread over it, no more than a distance needs; in order of time."""
    if table.num_rows > _MOST_ROWS:
        table = table.take(pa.array(np.linspace(0, table.num_rows - 1, _MOST_ROWS).astype(np.int64)))
    times = times_of(table, timestamp)
    if np.all(times[1:] >= times[:-1]):
        return table
    return table.take(pa.array(np.argsort(times, kind="stable")))


def times_of(table: pa.Table, timestamp: str) -> npt.NDArray[np.int64]:
    """Return the event times of a table, microseconds, shape (rows,)."""
    times = table.column(timestamp).cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return np.asarray(pc.fill_null(times, 0).to_numpy(), dtype=np.int64)
