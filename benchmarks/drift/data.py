"""The files that are compared: flights of half a year beside those of July, and twenty columns of ten million rows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.flights import write_flights

COLUMNS = (
    "carrier",
    "origin",
    "dest",
    "distance",
    "plane_year",
    "seats",
    "engines",
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
    "flight",
)
_SPLIT, _END = datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 8, 1, tzinfo=UTC)
_NUMBERS, _WORDS, _BATCH = 16, 4, 500_000


@dataclass(frozen=True)
class Pair:
    """Two files, and the columns that are compared."""

    reference: Path
    current: Path
    columns: tuple[str, ...]

    @property
    def rows(self) -> tuple[int, int]:
        found = [pq.ParquetFile(path).metadata.num_rows for path in (self.reference, self.current)]
        return found[0], found[1]


def flights(original: Path, times: int, folder: Path) -> Pair:
    """Write ``times`` as many flights: January to June, and July."""
    pair = Pair(folder / f"{times}x-reference.parquet", folder / f"{times}x-current.parquet", COLUMNS)
    if not pair.current.exists():
        table = pq.read_table(write_flights(original, times, folder / f"flights-{times}x.parquet"))
        departures = table.column("scheduled_departure")
        before = [pc.less(departures, pa.scalar(time, departures.type)) for time in (_SPLIT, _END)]
        july = pc.and_not(before[1], before[0])
        for path, mask in ((pair.reference, before[0]), (pair.current, july)):
            pq.write_table(table.filter(mask).select([*COLUMNS, "scheduled_departure"]), path, compression="lz4")
    return pair


def simulated(rows: int, folder: Path) -> Pair:
    """Write a million rows of twenty columns, and ``rows`` more of them in which nothing has changed."""
    columns = tuple(f"x{i}" for i in range(_NUMBERS)) + tuple(f"w{i}" for i in range(_WORDS))
    pair = Pair(folder / "simulated-reference.parquet", folder / f"simulated-{rows}.parquet", columns)
    for path, count, seed in ((pair.reference, 1_000_000, 0), (pair.current, rows, 1)):
        if not path.exists():
            _write(path, count, np.random.default_rng(seed))
    return pair


def _write(path: Path, rows: int, random: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    batches = [min(_BATCH, rows - first) for first in range(0, rows, _BATCH)]
    with pq.ParquetWriter(unfinished, _batch(1, random).schema, compression="lz4") as writer:
        for size in batches:
            writer.write_table(_batch(size, random), row_group_size=_BATCH // 4)
    unfinished.replace(path)


def _batch(rows: int, random: np.random.Generator) -> pa.Table:
    numbers = {f"x{i}": pa.array(random.normal(size=rows)) for i in range(_NUMBERS)}
    words = pa.array([f"word {i}" for i in range(20)])
    codes = {f"w{i}": pa.array(random.integers(0, 20, rows, dtype=np.int32)) for i in range(_WORDS)}
    return pa.table(numbers | {name: pa.DictionaryArray.from_arrays(code, words) for name, code in codes.items()})
