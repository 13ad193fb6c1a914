"""Checkpoints: where a long fit stands, so that a killed one goes on to the model that it would have become.

A fit that ends within a minute writes none. Checkpoints of a fit lie in a folder of their own, named by the digest
of everything that its model follows from: none is ever resumed by another fit. A file is the SHA-256 of the content,
then the content; one that is not what was written is passed over, for the one before.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from time import monotonic
from typing import BinaryIO

import numpy as np

from tasks.data.atomic import remove_unfinished, write_whole
from tasks.data.matrix import Labelled

KEPT = 2
_SUFFIX = ".checkpoint"
_log = logging.getLogger("perennial")


@dataclass(frozen=True)
class Checkpoints:
    """Where the fits of one model keep their checkpoints, and how often."""

    folder: Path
    seconds: float = 45.0
    """Between two of one fit."""

    def remove(self) -> None:
        """Delete those of every fit: the training is done, or will never go on."""
        rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Fit:
    """What the model of one fit follows from."""

    train: Labelled
    validation: Labelled
    facts: tuple[object, ...]
    """All the rest: candidate, task, seed, versions. Their ``repr`` must say all of it."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over rows, labels and facts, and over the code of this room: an upgrade starts anew."""
        hasher = hashlib.sha256(repr((self.facts, _code())).encode())
        for rows in (self.train, self.validation):
            hasher.update(json.dumps([rows.matrix.names, rows.matrix.levels, rows.matrix.values.shape]).encode())
            for array in (rows.matrix.values, rows.labels, rows.weights):
                hasher.update(b"none" if array is None else np.ascontiguousarray(array).data)
        return hasher.hexdigest()


class Keeper:
    """The checkpoints of one fit. Without ``checkpoints`` it keeps nothing and finds nothing."""

    def __init__(self, checkpoints: Checkpoints | None, fit: Fit) -> None:
        self._checkpoints = checkpoints
        self._fit = fit
        self._last = monotonic()

    @property
    def due(self) -> bool:
        return self._checkpoints is not None and monotonic() - self._last >= self._checkpoints.seconds

    def keep(self, content: bytes) -> None:
        """Write a checkpoint, and delete all but the last ones. One that cannot be written stops no fit."""
        try:
            known = self._known()
            number = int(known[-1].stem) + 1 if known else 0
            write_whole(self._folder / f"{number:08}{_SUFFIX}", lambda file: _write(file, content))
            for old in known[: 1 - KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("no checkpoint could be written: %s", error)
        self._last = monotonic()

    def latest(self) -> bytes | None:
        """Return the content of the last checkpoint that is as it was written; None: there is none."""
        if self._checkpoints is None or not self._checkpoints.folder.is_dir():
            return None  # the usual case: the rows need not be hashed
        remove_unfinished(self._folder)
        for path in reversed(self._known()):
            content = _read(path)
            if content is not None:
                _log.info("resumed from checkpoint %s", path)
                return content
            _log.warning("%s: not what was written; passed over for the checkpoint before", path)
        return None

    def _known(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))

    @property
    def _folder(self) -> Path:
        assert self._checkpoints is not None
        return self._checkpoints.folder / self._fit.digest


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(hashlib.sha256(content).digest())
    file.write(content)


def _read(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
    except OSError:
        return None
    size = hashlib.sha256().digest_size
    return found[size:] if hashlib.sha256(found[size:]).digest() == found[:size] else None


def _code() -> str:
    """Return the digest of the files of this room."""
    hasher = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()
