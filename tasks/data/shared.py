"""The store that machines share, where PERENNIAL_STORE names one, beside the home folder that is a copy of it."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from tasks.data.atomic import is_finished
from tasks.data.objects import Objects
from tasks.errors import StoreError
from tasks.settings import REPLAYS, load_settings

_AT_ONCE = 8
"""Transfers: most files are small, and what takes time is asking."""


@dataclass(frozen=True)
class Shared:
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

    def fetch(self, paths: Iterable[Path]) -> None:
        """Have those of ``paths`` be here that are not, as far as the store has them."""

        def fetch(path: Path) -> None:
            with suppress(FileNotFoundError):  # deleted meanwhile: whoever reads it says so
                self.objects.get(self.name(path), path)

        _each(fetch, [path for path in paths if not path.exists()])

    def put(self, paths: Sequence[Path]) -> None:
        """Put the files ``paths`` in the store."""
        _each(lambda path: self.objects.put(self.name(path), path), paths)


def shared_of(path: Path) -> Shared | None:
    """Return the store that ``path`` is kept in; None: in the home folder alone, or elsewhere."""
    settings = load_settings()
    if settings.store is None or not path.is_relative_to(settings.home) or _is_a_replay_s(path, settings.home):
        return None
    return Shared(settings.home, settings.store)


def _is_a_replay_s(path: Path, home: Path) -> bool:
    """Say whether a replay works with ``path``: what it has found out is found out again where it is not."""
    match path.relative_to(home).parts:
        case ("models", _, place, *_):
            return place == REPLAYS
    return False


def path_of(place: str | Path) -> Path:
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


def finished_files(path: Path) -> list[Path]:
    """Return the finished files of a folder, or the file itself; none, if it is not here."""
    found = path.rglob("*") if path.is_dir() else [path]
    return sorted(file for file in found if file.is_file() and is_finished(file))


def _each(do: Callable[[Path], None], paths: Sequence[Path]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as several:
        list(several.map(do, paths))
