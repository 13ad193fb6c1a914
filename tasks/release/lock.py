"""One training of a model at a time, on this machine."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tasks.errors import ModelBusy


@contextmanager
def sole_training(model: str, folder: Path) -> Iterator[None]:
    """Hold the model's lock; raise ModelBusy, naming the holder, if another process has it.

    The kernel lets go of it when the process ends, however it ends: a lock cannot outlive its holder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "training.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise ModelBusy(
                f"{model} is being trained already, by {file.read().strip() or 'another process'}"
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        file.flush()
        yield
