"""Deploy a hundred models to a stack, on SQLite and on PostgreSQL, spend an hour, and write docs/scale.md."""

import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from benchmarks.drill.postgres import postgres
from benchmarks.stack.load import load
from benchmarks.stack.report import document

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scale.md"


@click.command()
@click.option("--models", default=100, show_default=True)
@click.option("--minutes", default=6, show_default=True, help="Within how many minutes an hour's checks are due.")
@click.option("--sqlite-only", is_flag=True)
@click.option("--write/--no-write", default=True, help="Write docs/scale.md.")
def main(models: int, minutes: int, sqlite_only: bool, write: bool) -> None:
    """Measure deploys, memory and an hour of schedules; exit code 1 if a run was lost or doubled."""
    found = []
    for name in ["SQLite"] if sqlite_only else ["SQLite", "PostgreSQL"]:
        print(f"{name}, {models} models", flush=True)
        with tempfile.TemporaryDirectory() as folder, _server(name) as url:
            found.append(load(name, Path(folder), url, (models, minutes)))
        print(found[-1], flush=True)
    if write:
        DOCUMENT.write_text(document(found, minutes), encoding="utf-8")
    raise SystemExit(any(one.hour.lost or one.hour.doubled or one.hour.wrong for one in found))


def _server(name: str) -> AbstractContextManager[str | None]:
    return postgres() if name == "PostgreSQL" else nullcontext()


if __name__ == "__main__":
    main()
