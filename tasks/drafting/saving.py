"""The three files of a draft: all of them are written, or none."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tasks.data.atomic import write_text
from tasks.errors import SpecError
from tasks.settings import Settings


@dataclass(frozen=True)
class Files:
    """Where the files of a draft belong."""

    spec: Path
    contract: Path
    report: Path


def files_of(model: str, settings: Settings) -> Files:
    """Return where the files of ``model`` belong; raise a SpecError if it is there already."""
    files = Files(
        settings.specs / f"{model}.toml",
        settings.contracts / f"{model}.py",
        settings.of(model) / "draft" / "report.html",
    )
    for path in (files.spec, files.contract):
        if path.exists():
            raise SpecError(f"{path} exists already, and is not written over; choose another --name, or move it away")
    return files


def save(files: Files, spec: str, contract: str, report: str) -> None:
    """Write the three files; if one cannot be written, those before it are taken away again."""
    written: list[Path] = []
    try:
        for path, text in ((files.report, report), (files.contract, contract), (files.spec, spec)):
            write_text(path, text)
            written.append(path)
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
