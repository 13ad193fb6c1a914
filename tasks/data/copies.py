"""A source as it was read once, in a file: what each of its readers gave, batch by batch, in the types it came in.

To read it is to read the source as it was then, only cheaper: nothing is parsed, no time is read, and parts of the file
whose rows are all outside a window are passed over. A CSV's text stays text, for what it means depends on which rows of
it are read: typed once for all, it would not give the rows of a window as the source does.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.atomic import write_whole
from tasks.data.reader import Reader
from tasks.data.window import Window, microseconds

_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")
_SIZE = 8
"""Bytes at the end of the file, which say how long the list of contents before them is."""


@dataclass(frozen=True)
class _Piece:
    """Some rows: where they lie in the file, and their first and last event time in microseconds since 1970, UTC."""

    offset: int
    size: int
    first: int
    last: int

    def may_be_in(self, window: Window) -> bool:
        """Say whether some of its rows may lie in ``window``."""
        start = self.first if window.start is None else microseconds(window.start)
        return self.last >= start and self.first < microseconds(window.end)


@dataclass(frozen=True)
class Copied:
    """What one reader gave."""

    path: Path
    name: str
    columns: tuple[str, ...]
    """Those that the reader has, of which not all need be here."""
    typed: bool
    pieces: tuple[_Piece, ...]

    def batches(self, columns: Sequence[str], timestamp: str | None, window: Window, /) -> Iterator[pa.RecordBatch]:
        """Yield ``columns`` of the rows that may be in ``window``, in the reader's order; without a time, of all.

        Where there is none some others come, as a file's would: what is read of them has its types.
        """
        near = [piece for piece in self.pieces if timestamp is None or piece.may_be_in(window)]
        with pa.memory_map(str(self.path)) as file:
            for piece in near or self.pieces[:1]:
                yield _unpack(file, piece, columns)


def write_copy(path: Path, readers: Iterable[tuple[Reader, Iterable[pa.RecordBatch]]], timestamp: str) -> None:
    """Write what each reader gives into ``path``; the batches have their event times, ``timestamp``, as UTC."""

    def fill(file: BinaryIO) -> None:
        contents = [
            {
                "name": reader.name,
                "columns": reader.columns,
                "typed": reader.typed,
                "pieces": [asdict(piece) for piece in _pack_all(batches, file, timestamp)],
            }
            for reader, batches in readers
        ]
        listed = json.dumps(contents).encode()
        file.write(listed + len(listed).to_bytes(_SIZE, "big"))

    write_whole(path, fill)


def open_copy(path: Path) -> Sequence[Copied]:
    """Return the readers of a copy, in the source's order."""
    with path.open("rb") as file:
        end = file.seek(-_SIZE, 2)
        size = int.from_bytes(file.read(_SIZE), "big")
        file.seek(end - size)
        contents = json.loads(file.read(size))
    return [_read(path, **one) for one in contents]


def _read(path: Path, *, name: str, columns: list[str], typed: bool, pieces: list[dict[str, int]]) -> Copied:
    return Copied(path, name, tuple(columns), typed, tuple(_Piece(**piece) for piece in pieces))


def _pack_all(batches: Iterable[pa.RecordBatch], file: BinaryIO, timestamp: str) -> Iterator[_Piece]:
    """Write all that have rows, and the first one for its types."""
    for number, batch in enumerate(batches):
        if batch.num_rows or not number:
            yield _pack(batch, file, timestamp)


def _pack(batch: pa.RecordBatch, file: BinaryIO, timestamp: str) -> _Piece:
    """Write ``batch`` to the end of ``file``: each by itself, for a database may give each other types."""
    packed = pa.BufferOutputStream()
    with pa.ipc.new_stream(packed, batch.schema, options=_PACKED) as stream:
        stream.write_batch(batch)
    times = pc.min_max(batch.column(timestamp).cast(pa.int64())).as_py()
    first, last = (times["min"], times["max"]) if batch.num_rows else (0, -1)
    offset = file.tell()
    return _Piece(offset, file.write(packed.getvalue()), first, last)


def _unpack(file: pa.MemoryMappedFile, piece: _Piece, columns: Sequence[str]) -> pa.RecordBatch:
    file.seek(piece.offset)
    packed = file.read_buffer(piece.size)
    with pa.ipc.open_stream(packed) as whole:
        wanted = sorted(whole.schema.get_field_index(name) for name in columns)
    with pa.ipc.open_stream(packed, options=pa.ipc.IpcReadOptions(included_fields=wanted)) as stream:
        return stream.read_next_batch().select(list(columns))
