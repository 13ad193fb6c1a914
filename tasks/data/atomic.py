"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_UNFINISHED = ".unfinished"


def write_whole(
    path: Path, write: Callable[[BinaryIO], object], *, first: Callable[[Path], None] | None = None
) -> None:
    """Have ``write`` fill a file beside ``path``, flush it to disk, and put it in its place in one move.

    Before that move ``first`` is called with the finished file.
    Of two processes that write the same file the later one wins. A killed one leaves a file that nothing reads.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if first:
            first(Path(unfinished))
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write ``text`` into ``path`` as ``write_whole`` does."""

    def write(file: BinaryIO) -> None:
        file.write(text.encode())

    write_whole(path, write)


def is_finished(path: Path) -> bool:
    """Say whether ``path`` is no file that somebody still writes, or died of writing."""
    return path.suffix != _UNFINISHED


def remove_unfinished(folder: Path) -> None:
    """Delete what writers that died have left in ``folder``."""
    for path in folder.glob(f"*{_UNFINISHED}"):
        path.unlink(missing_ok=True)
