"""Where finished files are kept: in the home folder; and, if PERENNIAL_STORE names one, in a store that machines share.

The home folder is then this machine's copy of what it wrote or read; only what replays work with stays there. A file is
written here, put in the store, and only then referred to, by its address in the store; it is read here if it is here,
and fetched if not. What there is, the store says: a file that is only here is what a killed process left. Nothing that
is kept is changed later, so no copy is out of date.
"""

import filecmp
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Literal
from urllib.parse import unquote, urlsplit

from tasks.data.atomic import is_finished, write_whole
from tasks.data.objects import Objects
from tasks.errors import StoreError
from tasks.settings import REPLAYS, load_settings

_AT_ONCE = 8
"""Transfers: most files are small, and what takes time is asking."""


def keep(path: Path, *, once: bool = False) -> str:
    """Keep the finished file or folder ``path``, and return how it is referred to.

    With ``once``, its name says its content: what the store has under it is not put there again.
    """
    if not (shared := _shared(path)):
        return str(path)
    there = shared.objects.under(shared.name(path)) if once else {}
    _put(shared, [file for file in _files(path) if shared.name(file) not in there])
    return shared.uri(path)


def write(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write and keep a file whose name does not say its content; it is here only if the store has it.

    So what a killed process leaves can stand in the way of no file that another machine writes under that name.
    """
    shared = _shared(path)
    write_whole(path, fill, first=partial(shared.objects.put, shared.name(path)) if shared else None)


def uri(path: Path) -> str:
    """Return how the file or folder ``path`` is referred to."""
    shared = _shared(path)
    return shared.uri(path) if shared else str(path)


def here(place: str | Path) -> Path:
    """Return where the file or folder ``place``, a reference or a path, is on this machine; fetch what is not.

    What is nowhere is left to whoever reads it.

    Raises:
        StoreError: it is in a store that PERENNIAL_STORE does not name, or which cannot be used.
    """
    path = _path(place)
    if not path.is_file() and (shared := _shared(path)):
        _fetch(shared, (shared.path(name) for name in shared.objects.under(shared.name(path))))
    return path


def again(place: str | Path) -> bool:
    """Replace this machine's copy of ``place``, which is damaged, by what the store has; say whether it has any."""
    path = _path(place)
    if not (shared := _shared(path)) or not shared.objects.under(shared.name(path)):
        return False
    _remove(path)
    here(path)
    return True


def find(folder: Path, pattern: str, *, leftovers: bool = False) -> list[Path]:
    """Return the paths beneath ``folder`` that match ``pattern``, as a glob does, sorted; they need not be here.

    With ``leftovers`` also those that are only here.
    """
    shared = _shared(folder)
    found = set(folder.glob(pattern)) if leftovers or not shared else set()
    if shared:
        found |= {folder / name for name in _matching(shared.beneath(folder), PurePosixPath(pattern))}
    return sorted(found)


def fetched(paths: Sequence[Path]) -> Sequence[Path]:
    """Return the files ``paths``, all of one folder and found in it, once they are here."""
    if paths and (shared := _shared(paths[0])):
        _fetch(shared, paths)
    return paths


def remove(path: Path) -> None:
    """Delete the file or folder ``path``, here and in the store."""
    if shared := _shared(path):
        shared.objects.delete(shared.name(path))
    _remove(path)


def size(path: Path) -> int:
    """Return how many bytes the file or folder ``path`` takes, in the store or here, whichever is more."""
    own = sum(file.stat().st_size for file in _files(path))
    shared = _shared(path)
    return max(own, sum(shared.objects.under(shared.name(path)).values())) if shared else own


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Give the file ``path`` to be read in places: from the store, where there is one, and not all of it."""
    if shared := _shared(path):
        with shared.objects.open(shared.name(path)) as stream:
            yield stream
    else:
        with path.open("rb") as file:
            yield file


def mend(place: str | Path, *, by: Literal["content", "size", "name"] = "content") -> list[str]:
    """Put again what the store does not have as it is here, and return its names.

    ``by`` says what is compared. What is here of ``place`` is known to be good, unless it is by name.
    """
    path = here(place)
    if not (shared := _shared(path)):
        return []
    there = shared.objects.under(shared.name(path))
    wrong = [file for file in _files(path) if not _is_there(shared, file, there, by)]
    _put(shared, wrong)
    return [shared.name(file) for file in wrong]


def only_here(folder: Path) -> list[Path]:
    """Return the files beneath ``folder`` that its store does not have, sorted."""
    if not (shared := _shared(folder)):
        return []
    there = {shared.path(name) for name in shared.objects.under(shared.name(folder))}
    return [file for file in _files(folder) if file not in there]


@dataclass(frozen=True)
class _Shared:
    """A store, and the home folder that is a copy of it."""

    home: Path
    objects: Objects

    def name(self, path: Path) -> str:
        return path.relative_to(self.home).as_posix()

    def path(self, name: str) -> Path:
        return self.home / name

    def uri(self, path: Path) -> str:
        return f"{self.objects.url}/{self.name(path)}"

    def beneath(self, folder: Path) -> list[PurePosixPath]:
        """Return the files that the store has in ``folder``, relative to it."""
        name = self.name(folder)
        return [PurePosixPath(one).relative_to(name) for one in self.objects.under(name) if one != name]


def _shared(path: Path) -> _Shared | None:
    """Return the store that ``path`` is kept in; None: in the home folder alone, or elsewhere."""
    settings = load_settings()
    if settings.store is None or not path.is_relative_to(settings.home) or _is_a_replay_s(path, settings.home):
        return None
    return _Shared(settings.home, settings.store)


def _is_a_replay_s(path: Path, home: Path) -> bool:
    """Say whether a replay works with ``path``: what it has found out is found out again where it is not."""
    match path.relative_to(home).parts:
        case ("models", _, place, *_):
            return place == REPLAYS
    return False


def _path(place: str | Path) -> Path:
    """Return where ``place`` is, or will be, on this machine."""
    if isinstance(place, Path) or "://" not in place:
        return Path(place)
    settings = load_settings()
    if settings.store and place.startswith(f"{settings.store.url}/"):
        return settings.home / place.removeprefix(f"{settings.store.url}/")
    if place.startswith("file://"):
        return Path(unquote(urlsplit(place).path))
    named = settings.store.url if settings.store else "no store"
    raise StoreError(f"{place}: it is in another store than PERENNIAL_STORE names; found {named}")


def _matching(names: Iterable[PurePosixPath], pattern: PurePosixPath) -> set[PurePosixPath]:
    """Return those of ``names``, or of the folders that they are in, that match all of ``pattern``."""
    depth = len(pattern.parts)
    heads = {PurePosixPath(*name.parts[:depth]) for name in names if len(name.parts) >= depth}
    return {head for head in heads if head.match(str(pattern))}


def _fetch(shared: _Shared, paths: Iterable[Path]) -> None:
    def fetch(path: Path) -> None:
        with suppress(FileNotFoundError):  # deleted meanwhile: whoever reads it says so
            shared.objects.get(shared.name(path), path)

    _each(fetch, [path for path in paths if not path.exists()])


def _put(shared: _Shared, paths: Sequence[Path]) -> None:
    _each(lambda path: shared.objects.put(shared.name(path), path), paths)


def _files(path: Path) -> list[Path]:
    """Return the finished files of a folder, or the file itself; none, if it is not here."""
    found = path.rglob("*") if path.is_dir() else [path]
    return sorted(file for file in found if file.is_file() and is_finished(file))


def _each(do: Callable[[Path], None], paths: Sequence[Path]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as several:
        list(several.map(do, paths))


def _is_there(shared: _Shared, file: Path, sizes: Mapping[str, int], by: str) -> bool:
    size = sizes.get(shared.name(file))
    if size is None or by == "name":
        return size is not None
    return size == file.stat().st_size and (by == "size" or _is_same(shared, file))


def _is_same(shared: _Shared, file: Path) -> bool:
    with TemporaryDirectory(dir=shared.home) as beside:
        copy = Path(beside) / file.name
        shared.objects.get(shared.name(file), copy)
        return filecmp.cmp(file, copy, shallow=False)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
