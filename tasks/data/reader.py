"""What a source is read by, whatever it is."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from tasks.data.window import Window


class Reader(Protocol):
    """One file, or one table or query of a database."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def typed(self) -> bool:
        """False where every value comes as text, whatever it means."""

    def batches(self, columns: Sequence[str], timestamp: str | None, window: Window, /) -> Iterator[pa.RecordBatch]:
        """Yield ``columns`` of all rows in ``window``, and of others where that is simpler.

        ``timestamp`` None: no column says when a row was, and all are yielded.
        """
