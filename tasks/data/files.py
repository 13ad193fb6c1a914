"""The files of a table in CSV or Parquet: one, a folder of them, or a glob."""

from collections.abc import Sequence
from pathlib import Path

from tasks.data.csv_file import CsvFile, open_csv
from tasks.data.parquet_file import ParquetFile, open_parquet
from tasks.errors import SourceError
from tasks.spec import CsvSpec

_ENDINGS = (".csv", ".csv.gz", ".parquet")


def open_files(uri: str, project: Path, form: CsvSpec | None = None) -> Sequence[CsvFile | ParquetFile]:
    """Return the files at ``uri``, sorted by path, all of one kind; a relative path starts at ``project``.

    ``form`` says how a CSV is written; None: as usual.
    """
    if "://" in uri:
        raise SourceError(f"source.uri: found {uri!r}; allowed: a path, a database URL, or demo:flights")
    place = project / Path(uri).expanduser()
    paths = find_files(place)
    if not paths:
        raise SourceError(
            f"source.uri: nothing to read at {place}; allowed: a file, a folder or a glob of "
            f"{', '.join(_ENDINGS)}, and a relative path starts at {project}"
        )
    if len({_is_parquet(path) for path in paths}) > 1:
        csvs = [path for path in paths if not _is_parquet(path)]
        raise SourceError(
            f"{place}: found CSV ({len(csvs)} files, such as {csvs[0].name}) and Parquet "
            f"({len(paths) - len(csvs)} files) side by side; allowed: one of the two. Name one by a glob"
        )
    return [open_parquet(path) if _is_parquet(path) else open_csv(path, form or CsvSpec()) for path in paths]


def find_files(place: Path) -> list[Path]:
    """Return the files of a table at ``place``: a file, a folder or a glob."""
    if place.is_file():
        found = [place]
    elif place.is_dir():
        found = [path for path in place.rglob("*") if not _is_hidden(path.relative_to(place))]
    else:
        found = list(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
    return sorted(path for path in found if path.name.lower().endswith(_ENDINGS) and path.is_file())


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"
