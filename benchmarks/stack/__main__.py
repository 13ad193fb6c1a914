"""Deploy a hundred models to a stack, on SQLite and on PostgreSQL, spend an hour, and write docs/scale.md."""

import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click
from pydantic import TypeAdapter

from benchmarks.drill.postgres import postgres
from benchmarks.stack.load import Load, load
from benchmarks.stack.report import document
from tasks.settings import load_settings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scale.md"
LOAD = TypeAdapter(Load)


DATABASES = ("SQLite", "PostgreSQL")


@click.command()
@click.option("--models", default=100, show_default=True)
@click.option("--minutes", default=6, show_default=True, help="Within how many minutes an hour's checks are due.")
@click.option("--only", type=click.Choice(DATABASES), help="Measure this one anew; the other is as it was kept.")
@click.option("--write/--no-write", default=True, help="Keep what is measured, and write docs/scale.md.")
def main(models: int, minutes: int, only: str | None, write: bool) -> None:
    """Measure deploys, memory and an hour of schedules; exit code 1 if a run was lost or doubled."""
    kept = load_settings().home / "benchmark" / "stack"
    kept.mkdir(parents=True, exist_ok=True)
    for name in [only] if only else DATABASES:
        print(f"{name}, {models} models", flush=True)
        with tempfile.TemporaryDirectory() as folder, _server(name) as url:
            found = load(name, Path(folder), url, (models, minutes))
        print(found, flush=True)
        if write:
            (kept / f"{name}.json").write_bytes(LOAD.dump_json(found))
    if write:
        loads = [
            LOAD.validate_json(file.read_bytes()) for name in DATABASES if (file := kept / f"{name}.json").exists()
        ]
        DOCUMENT.write_text(document(loads, minutes), encoding="utf-8")
        raise SystemExit(any(one.hour.lost or one.hour.doubled or one.hour.wrong for one in loads))


def _server(name: str) -> AbstractContextManager[str | None]:
    return postgres() if name == "PostgreSQL" else nullcontext()


if __name__ == "__main__":
    main()
