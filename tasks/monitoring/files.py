"""Two files beside one another: has the second drifted from the first?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data.files import CsvFile, open_files, read_text
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.monitoring.drift import drift_signals
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
class Drift:
    """What was found of the second file."""

    signals: tuple[Signal, ...]
    """The strongest first."""
    untold: tuple[str, ...]
    """Why some columns could not be compared, a sentence each."""
    rows: tuple[int, int]
    """Of the reference and of the current file."""
    usual: Calibration

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


def compare_files(
    reference: RowFile, current: RowFile, *, false_alarms: float, ignore: Sequence[str] = (), seed: int = 0
) -> Drift:
    """Return how ``current`` differs from ``reference``, whose rows are in the order in which they came.

    When nothing has changed there is an alarm, for whatever column, with probability ``false_alarms``.

    Raises:
        SourceError: a file has no rows, or the two have no column in common that can be compared.
    """
    for file in (reference, current):
        if file.rows == 0:
            raise SourceError(f"{file.name}: no rows")
    columns, untold = _comparable(reference, current, ignore)
    binning, unlearned = learn_binning(_sample(reference, columns), columns)
    if not binning.columns:
        raise SourceError(f"{current.name}: no column in common with {reference.name} that can be compared")
    blocks = max(min(_BLOCKS, reference.rows // _ROWS_A_BLOCK), 1)
    learned = _profile(reference, binning, blocks)
    seen = _profile(current, binning, 1)
    window = int(np.clip(round(current.rows * blocks / reference.rows), 1, blocks))
    usual = calibrate_once(learned, window=window, false_alarms=false_alarms, seed=seed)
    untold += [f"{name}: too many different words, or no value, in {reference.name}" for name in unlearned]
    return Drift(drift_signals(learned, seen, usual), tuple(untold), (reference.rows, current.rows), usual)


def open_rows(path: str, project: Path) -> RowFile:
    """Return the CSV or Parquet file at ``path``; raise SourceError if it cannot be read."""
    found = open_files(path, project)
    if len(found) != 1:
        raise SourceError(f"{path}: found {len(found)} files; allowed: one")
    if isinstance(found[0], CsvFile):
        return _csv(found[0])
    file = pq.ParquetFile(found[0].path, memory_map=True)
    return RowFile(found[0].name, file.schema_arrow, file.metadata.num_rows, lambda some: _parquet(found[0].path, some))


def _parquet(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    file = pq.ParquetFile(path, memory_map=True)
    words = [name for name in columns if is_word(file.schema_arrow.field(name).type)]
    again = pq.ParquetFile(path, memory_map=True, read_dictionary=words)
    yield from again.iter_batches(batch_size=_BATCH, columns=list(columns))


def _csv(file: CsvFile) -> RowFile:
    """Return a CSV, in memory: what its columns hold is only known when all of it has been read."""
    table = pa.Table.from_batches(list(file.batches(file.columns, "", _EVER)))
    typed = pa.table([read_text(column) for column in table.columns], names=table.column_names)
    return RowFile(
        file.name, typed.schema, typed.num_rows, lambda some: iter(typed.select(some).to_batches(max_chunksize=_BATCH))
    )


def _comparable(reference: RowFile, current: RowFile, ignore: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the columns that both files have, and why others are left out."""
    for name in ignore:
        if name not in reference.schema.names:
            raise SourceError(f"{reference.name}: no column {name}; its columns: {', '.join(reference.schema.names)}")
    columns, untold = [], []
    for field in reference.schema:
        if field.name in ignore or not (is_number(field.type) or is_word(field.type)):
            continue
        if field.name not in current.schema.names:
            untold.append(f"{field.name}: {current.name} has no such column")
        elif is_number(field.type) != is_number(kind := current.schema.field(field.name).type):
            untold.append(f"{field.name}: {kind} in {current.name}, {field.type} in {reference.name}")
        else:
            columns.append(field.name)
    return columns, untold


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
