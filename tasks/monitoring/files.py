"""Two files beside one another: has the second drifted from the first?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data.csv_file import CsvFile
from tasks.data.files import open_files
from tasks.data.text import read_text
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.monitoring.drift import drift_signals, unmeasurable
from tasks.monitoring.profile.bins import is_number, is_word
from tasks.monitoring.profile.calibration import Calibration, calibrate_once
from tasks.monitoring.profile.profile import Binning, Blocking, Profile, learn_binning, take_profile
from tasks.monitoring.signal import Signal

SAMPLE_ROWS = 100_000
"""Rows of the reference from which bins are learned, evenly spread."""
_BLOCKS, _ROWS_A_BLOCK = 100, 10
_BATCH = 131_072
_EVER = Window(None, datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Comparison:
    """How two files are compared."""

    false_alarms: float
    """Chance of an alarm, for whatever column, when nothing has changed."""
    ignore: Sequence[str] = ()
    columns: Sequence[str] | None = None
    """None: all that both files have."""
    seed: int = 0


@dataclass(frozen=True)
class Drift:
    """What was found of the second file."""

    signals: tuple[Signal, ...]
    """The strongest first."""
    untold: tuple[str, ...]
    """Why some columns could not be compared, a sentence each."""
    rows: tuple[int, int]
    """Of the reference and of the current file."""
    calibration: Calibration
    false_alarms: float

    @property
    def alarmed(self) -> tuple[Signal, ...]:
        return tuple(signal for signal in self.signals if signal.alarmed)


@dataclass(frozen=True)
class RowFile:
    """A file of rows that can be read more than once, batch by batch, in bounded memory where it is Parquet."""

    name: str
    schema: pa.Schema
    rows: int
    batches: Callable[[Sequence[str]], Iterator[pa.RecordBatch]]


def compare_files(reference: RowFile, current: RowFile, how: Comparison) -> Drift:
    """Return how ``current`` differs from ``reference``, whose rows are in the order in which they came.

    Raises:
        SourceError: a file has no rows, or the two have no column in common that can be compared.
    """
    for file in (reference, current):
        if file.rows == 0:
            raise SourceError(f"{file.name}: no rows")
    columns, gone = _comparable(reference, current, how)
    binning, unlearned = learn_binning(_sample(reference, columns), columns)
    if not binning.columns and not gone:
        raise SourceError(f"{current.name}: no column in common with {reference.name} that can be compared")
    blocks = max(min(_BLOCKS, reference.rows // _ROWS_A_BLOCK), 1)
    learned = _profile(reference, binning, blocks)
    seen = _profile(current, binning, 1)
    window = int(np.clip(round(current.rows * blocks / reference.rows), 1, blocks))
    calibration = calibrate_once(learned, window=window, false_alarms=how.false_alarms, seed=how.seed)
    untold = tuple(f"{name}: too many different words, or no value, in {reference.name}" for name in unlearned)
    signals = (*gone, *drift_signals(learned, seen, calibration))
    return Drift(signals, untold, (reference.rows, current.rows), calibration, how.false_alarms)


def open_rows(path: Path) -> RowFile:
    """Return the CSV or Parquet file at ``path``; raise SourceError if it cannot be read."""
    if not path.is_file():
        raise SourceError(f"{path}: no such file; allowed: a CSV or Parquet file")
    (found,) = open_files(str(path.absolute()), path.parent)
    if isinstance(found, CsvFile):
        return _csv(found)
    rows = pq.ParquetFile(found.path).metadata.num_rows
    return RowFile(found.name, found.schema, rows, partial(_parquet, found.path))


def _parquet(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    file = pq.ParquetFile(path, memory_map=True)
    words = [name for name in columns if is_word(file.schema_arrow.field(name).type)]
    # As it opens a file by itself, pyarrow keeps all of it in memory: 1.6 GB of ten million rows.
    again = pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20, read_dictionary=words)
    yield from again.iter_batches(batch_size=_BATCH, columns=list(columns))


def _csv(file: CsvFile) -> RowFile:
    """Return a CSV, in memory: what its columns hold is only known when all of it has been read."""
    table = pa.Table.from_batches(list(file.batches(file.columns, "", _EVER)))
    typed = pa.table([read_text(column) for column in table.columns], names=table.column_names)
    return RowFile(
        file.name, typed.schema, typed.num_rows, lambda some: iter(typed.select(some).to_batches(max_chunksize=_BATCH))
    )


def _comparable(reference: RowFile, current: RowFile, how: Comparison) -> tuple[list[str], list[Signal]]:
    """Return the columns that can be compared, and alarms for those that could be once."""
    for name in (*how.ignore, *(how.columns or ())):
        if name not in reference.schema.names:
            raise SourceError(f"{reference.name}: no column {name}; its columns: {', '.join(reference.schema.names)}")
    asked = [name for name in how.columns or reference.schema.names if name not in how.ignore]
    columns, gone = [], []
    for field in (reference.schema.field(name) for name in asked):
        if not (is_number(field.type) or is_word(field.type)):
            continue
        if field.name not in current.schema.names:
            gone.append(unmeasurable(field.name, f"{current.name} has no such column"))
        elif is_number(field.type) != is_number(kind := current.schema.field(field.name).type):
            gone.append(unmeasurable(field.name, f"{kind} in {current.name}, {field.type} in {reference.name}"))
        else:
            columns.append(field.name)
    return columns, gone


def _sample(file: RowFile, columns: Sequence[str]) -> pa.Table:
    """Return at most ``SAMPLE_ROWS`` rows, evenly spread."""
    step, first, parts = -(-file.rows // SAMPLE_ROWS), 0, []
    for batch in file.batches(columns):
        parts.append(pa.table(batch.take(pa.array(np.arange(-first % step, batch.num_rows, step)))))
        first += batch.num_rows
    return pa.concat_tables(parts)


def _profile(file: RowFile, binning: Binning, blocks: int) -> Profile:
    """Return the profile of ``file`` in ``blocks`` parts of equal length."""
    read = 0

    def places(batch: pa.RecordBatch) -> "np.typing.NDArray[np.int64]":
        nonlocal read
        read += batch.num_rows
        return (np.arange(read - batch.num_rows, read) * blocks) // file.rows

    return take_profile(file.batches(list(binning.columns)), binning, Blocking(blocks, places))
