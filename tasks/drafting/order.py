"""The order of rows as time, for a table that has none; and whether that order can be trusted."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from tasks.drafting.kinds import Column
from tasks.judgement.leakage.explained import ranks
from tasks.spec import RowsClock

_CHUNKS = 10
_FEWEST_IN_CHUNK = 3
_FAR = 0.35
"""Distance of the target in a tenth of the rows from that in all, from 0 to 1, from which on rows are sorted by it."""
_MANY = 3_000
"""Rows, from which on one comes each minute and not each hour: six years are enough for three million."""


def rows_clock(rows: int, ends: datetime, *, spread: bool) -> RowsClock:
    """Return a clock by which the last row was just before ``ends``."""
    every = timedelta(minutes=1) if rows > _MANY else timedelta(hours=1)
    first = ends - rows * every
    return RowsClock(
        kind="rows",
        first=first.replace(tzinfo=None).isoformat(timespec="minutes"),
        every=every,
        spread=rows if spread else 0,
    )


def is_sorted_by(target: Column) -> float:
    """Return how far the target of some tenth of the rows is from that of all, 0 where that is no more than chance.

    Total variation for classes; for numbers how far the mean rank is from the middle, doubled.
    """
    known = target.values.drop_null()
    chunks = np.array_split(np.arange(len(known)), min(_CHUNKS, max(len(known) // _FEWEST_IN_CHUNK, 1)))
    if target.kind in ("category", "flag") or target.distinct <= 20:
        codes = known.combine_chunks().dictionary_encode().indices.to_numpy()
        whole = np.bincount(codes) / len(codes)
        far = max(0.5 * np.abs(np.bincount(codes[c], minlength=len(whole)) / len(c) - whole).sum() for c in chunks)
        chance = 1.5 * np.sqrt(len(whole) / min(len(c) for c in chunks)) / 2
    else:
        order = ranks(np.asarray(known.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64))
        far = max(2 * abs(float(order[c].mean()) - float(order.mean())) for c in chunks)
        chance = 3 * 2 * 0.29 / np.sqrt(min(len(c) for c in chunks))
    return float(far) if far > max(_FAR, chance) else 0.0
