"""What is here and not in the store, or not as it is here: found, and put there again."""

import filecmp
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from tasks.data.shared import Shared, finished_files, shared_of
from tasks.data.store import here


def mend(place: str | Path, *, by: Literal["content", "size", "name"] = "content") -> list[str]:
    """Put again what the store does not have as it is here, and return its names.

    ``by`` says what is compared. What is here of ``place`` is known to be good, unless it is by name.
    """
    path = here(place)
    if not (shared := shared_of(path)):
        return []
    there = shared.objects.under(shared.name(path))
    wrong = [file for file in finished_files(path) if not _is_there(shared, file, there, by)]
    shared.put(wrong)
    return [shared.name(file) for file in wrong]


def only_here(folder: Path) -> list[Path]:
    """Return the files beneath ``folder`` that its store does not have, sorted."""
    if not (shared := shared_of(folder)):
        return []
    there = {shared.path(name) for name in shared.objects.under(shared.name(folder))}
    return [file for file in finished_files(folder) if file not in there]


def _is_there(shared: Shared, file: Path, sizes: Mapping[str, int], by: str) -> bool:
    size = sizes.get(shared.name(file))
    if size is None or by == "name":
        return size is not None
    return size == file.stat().st_size and (by == "size" or _is_same(shared, file))


def _is_same(shared: Shared, file: Path) -> bool:
    with TemporaryDirectory(dir=shared.home) as beside:
        copy = Path(beside) / file.name
        shared.objects.get(shared.name(file), copy)
        return filecmp.cmp(file, copy, shallow=False)
