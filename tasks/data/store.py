"""Where finished files are kept: in the home folder; and, if PERENNIAL_STORE names one, in a store that machines share.

The home folder is then this machine's copy of what it wrote or read; only what replays work with stays there. A file is
written here, put in the store, and only then referred to, by its address in the store; it is read here if it is here,
and fetched if not. What there is, the store says: a file that is only here is what a killed process left. Nothing that
is kept is changed later, so no copy is out of date.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from tasks.data.atomic import write_whole
from tasks.data.shared import finished_files, path_of, shared_of


def keep(path: Path, *, once: bool = False) -> str:
    """Keep the finished file or folder ``path``, and return how it is referred to.

    With ``once``, its name says its content: what the store has under it is not put there again.
    """
    if not (shared := shared_of(path)):
        return str(path)
    there = shared.objects.under(shared.name(path)) if once else {}
    shared.put([file for file in finished_files(path) if shared.name(file) not in there])
    return shared.uri(path)


def write(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write and keep a file whose name does not say its content; it is here only if the store has it.

    So what a killed process leaves can stand in the way of no file that another machine writes under that name.
    """
    shared = shared_of(path)
    write_whole(path, fill, first=partial(shared.objects.put, shared.name(path)) if shared else None)


def uri(path: Path) -> str:
    """Return how the file or folder ``path`` is referred to."""
    shared = shared_of(path)
    return shared.uri(path) if shared else str(path)


def here(place: str | Path) -> Path:
    """Return where the file or folder ``place``, a reference or a path, is on this machine; fetch what is not.

    What is nowhere is left to whoever reads it.

    Raises:
        StoreError: it is in a store that PERENNIAL_STORE does not name, or which cannot be used.
    """
    path = path_of(place)
    if not path.is_file() and (shared := shared_of(path)):
        shared.fetch(shared.path(name) for name in shared.objects.under(shared.name(path)))
    return path


def again(place: str | Path) -> bool:
    """Replace this machine's copy of ``place``, which is damaged, by what the store has; say whether it has any."""
    path = path_of(place)
    if not (shared := shared_of(path)) or not shared.objects.under(shared.name(path)):
        return False
    _remove(path)
    here(path)
    return True


def find(folder: Path, pattern: str, *, leftovers: bool = False) -> list[Path]:
    """Return the paths beneath ``folder`` that match ``pattern``, as a glob does, sorted; they need not be here.

    With ``leftovers`` also those that are only here.
    """
    shared = shared_of(folder)
    found = set(folder.glob(pattern)) if leftovers or not shared else set()
    if shared:
        found |= {folder / name for name in _matching(shared.beneath(folder), PurePosixPath(pattern))}
    return sorted(found)


def fetched(paths: Sequence[Path]) -> Sequence[Path]:
    """Return the files ``paths``, all of one folder and found in it, once they are here."""
    if paths and (shared := shared_of(paths[0])):
        shared.fetch(paths)
    return paths


def remove(path: Path) -> None:
    """Delete the file or folder ``path``, here and in the store."""
    if shared := shared_of(path):
        shared.objects.delete(shared.name(path))
    _remove(path)


def size(path: Path) -> int:
    """Return how many bytes the file or folder ``path`` takes, in the store or here, whichever is more."""
    own = sum(file.stat().st_size for file in finished_files(path))
    shared = shared_of(path)
    return max(own, sum(shared.objects.under(shared.name(path)).values())) if shared else own


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Give the file ``path`` to be read in places: from the store, where there is one, and not all of it."""
    if shared := shared_of(path):
        with shared.objects.open(shared.name(path)) as stream:
            yield stream
    else:
        with path.open("rb") as file:
            yield file


def _matching(names: Iterable[PurePosixPath], pattern: PurePosixPath) -> set[PurePosixPath]:
    """Return those of ``names``, or of the folders that they are in, that match all of ``pattern``."""
    depth = len(pattern.parts)
    heads = {PurePosixPath(*name.parts[:depth]) for name in names if len(name.parts) >= depth}
    return {head for head in heads if head.match(str(pattern))}


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
