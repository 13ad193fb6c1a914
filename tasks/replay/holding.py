"""The source as it is when a replay begins: it is read once, and then by every training and step of the past."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tasks.data.contract import Contract
from tasks.data.source import copy_source
from tasks.data.window import Window
from tasks.settings import Settings
from tasks.spec import ModelSpec

_SOURCE = "source"


@dataclass(frozen=True)
class Held:
    """A source that is held as it is."""

    settings: Settings
    """With these a copy is read in its place."""
    place: Path
    """A folder that nobody needs afterwards."""


@contextmanager
def hold_source(spec: ModelSpec, contract: Contract, settings: Settings, *, until: datetime) -> Iterator[Held]:
    """Hold the rows of the source before ``until``, within the block.

    Raises:
        SourceError: it cannot be read.
    """
    with _place(settings.replays(spec.model) / "held") as place:
        source = spec.source
        named = [source.timestamp, *source.key, source.target, *([source.label_time] if source.label_time else [])]
        columns = [*contract.names(), *named]
        copy_source(source, columns, Window(None, until), settings, path=place / _SOURCE)
        yield Held(replace(settings, source_copy=place / _SOURCE), place)


@contextmanager
def _place(folder: Path) -> Iterator[Path]:
    """Give a folder in ``folder`` that is gone after the block; one of a killed process goes when the next begins."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        with _held(left) as alone:
            if alone:
                shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(dir=folder) as place, _held(Path(place)):
        yield Path(place)


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Hold ``folder`` within the block, and say whether nobody else does: the kernel lets go of it with its process."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)
