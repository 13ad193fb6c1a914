"""Rows of a source on disk, in parts: those of one day together, say, in whatever order they came."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.settling import Settling
from tasks.spec import SourceSpec, is_database

Places = npt.NDArray[np.int64]
Parting = Callable[[pa.Table], Places]
"""Returns the part that each row of a table belongs to, shape (rows,)."""
_RUN_ROWS = 100_000
"""Rows that wait in memory until they are written, each to its part."""
_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")


class Spool:
    """Rows, put in batch by batch, and had back part by part."""

    def __init__(
        self, folder: Path, columns: Sequence[str], source: SourceSpec, parting: Parting | None = None
    ) -> None:
        """They are kept in ``folder``, in a file without a name: it goes with the process.

        Without ``parting`` they stay in their order.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self._parting = TemporaryFile(dir=folder, suffix=".unfinished"), parting  # noqa: SIM115 - __exit__ closes it
        self._columns = {name: Settling(name, mixed=is_database(source.uri)) for name in columns}
        self._waiting: list[pa.Table] = []
        self._places: dict[int, list[tuple[int, int]]] = {}

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, batch: pa.RecordBatch) -> None:
        """Put in the rows of ``batch``."""
        if batch.num_rows == 0:
            return
        kept = pa.table({name: column.see(batch.column(name)) for name, column in self._columns.items()})
        if self._waiting and self._waiting[0].schema != kept.schema:
            self._write()
        self._waiting.append(kept)
        if sum(table.num_rows for table in self._waiting) >= _RUN_ROWS:
            self._write()

    def parts(self, *, together: int = 1) -> Iterator[pa.Table]:
        """Yield the rows part by part, in the order in which they came and the types of ``read_source``.

        Parts come in the order of their numbers; several at once, until they are ``together`` rows. Without any rows
        there is one part, without rows.
        """
        self._write()
        pieces: list[pa.Table] = [] if self._places else [pa.table({name: pa.nulls(0) for name in self._columns})]
        for place in sorted(self._places):
            pieces += [self._read(start, size) for start, size in self._places[place]]
            if sum(piece.num_rows for piece in pieces) >= together:
                yield _joined(pieces)
                pieces = []
        if pieces:
            yield _joined(pieces)

    def _write(self) -> None:
        """Write what waits, the rows of each part by themselves."""
        if not self._waiting:
            return
        run, self._waiting = pa.concat_tables(self._waiting).combine_chunks(), []
        places = self._parting(run) if self._parting else np.full(run.num_rows, len(self._places))
        if (np.diff(places) < 0).any():
            order = np.argsort(places, kind="stable")
            run, places = run.take(pa.array(order)), places[order]
        found, starts = np.unique(places, return_index=True)
        for place, start, end in zip(found.tolist(), starts, [*starts[1:], run.num_rows], strict=True):
            self._places.setdefault(place, []).append(self._pack(run.slice(start, end - start)))

    def _pack(self, rows: pa.Table) -> tuple[int, int]:
        """Write ``rows`` to the end of the file, and return where they begin and how long they are."""
        packed = pa.BufferOutputStream()
        with pa.ipc.new_stream(packed, rows.schema, options=_PACKED) as stream:
            stream.write_table(rows)
        start = self._file.seek(0, 2)
        return start, self._file.write(packed.getvalue())

    def _read(self, start: int, size: int) -> pa.Table:
        self._file.seek(start)
        with pa.ipc.open_stream(self._file.read(size)) as stream:
            kept = stream.read_all()
        return pa.table({n: column.settle(kept.column(n).combine_chunks()) for n, column in self._columns.items()})


def _joined(pieces: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(pieces).unify_dictionaries()
