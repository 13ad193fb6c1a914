"""Kill decisions wherever they can be killed, on SQLite and on PostgreSQL, and write docs/reliability.md."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import median

import click

from benchmarks.drill.killing import Drilled, drill
from benchmarks.drill.postgres import postgres
from benchmarks.drill.report import document
from benchmarks.drill.speed import Speed, speed
from benchmarks.drill.storm import Storm, storm
from benchmarks.drill.world import OPERATIONS, World, build

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


@click.command()
@click.option("--every", default=1, show_default=True, help="Kill at each of so many boundaries.")
@click.option("--seconds", default=120.0, show_default=True, help="How long many decide at once.")
@click.option("--processes", default=16, show_default=True)
@click.option("--sqlite-only", is_flag=True)
@click.option("--write/--no-write", default=True, help="Write docs/reliability.md.")
def main(every: int, seconds: float, processes: int, sqlite_only: bool, write: bool) -> None:
    """Drill proposals, approvals, rejections and rollbacks; exit code 1 if anything was lost or doubled."""
    drilled, storms, speeds = list[Drilled](), list[Storm](), list[Speed]()
    with tempfile.TemporaryDirectory() as folder:
        world = build(Path(folder) / "home")
        for name in ["SQLite"] if sqlite_only else ["SQLite", "PostgreSQL"]:
            with _server(name) as url:
                here = replace(world, server=url)
                speeds.append(speed(here, Path(folder) / name / "speed", database=name))
                print(f"{name}, a promotion: {median(speeds[-1].milliseconds):.0f} ms", flush=True)
                drilled += [_drill(here, what, Path(folder) / name / what, (name, every)) for what in OPERATIONS]
                storms.append(_storm(here.elsewhere(Path(folder) / name / "storm"), (processes, seconds), name))
    if write:
        DOCUMENT.write_text(document(drilled, storms, speeds), encoding="utf-8")
    raise SystemExit(any(trial.wrong for one in drilled for trial in one.trials) or any(one.wrong for one in storms))


def _server(name: str) -> AbstractContextManager[str | None]:
    return postgres() if name == "PostgreSQL" else nullcontext()


def _drill(world: World, operation: str, folder: Path, how: tuple[str, int]) -> Drilled:
    name, every = how
    with _timed(f"{name}, {operation}"):
        found = drill(world, operation, folder, database=name, every=every)
    for trial in found.trials:
        for wrong in trial.wrong:
            print(f"  killed at {trial.boundary}: {wrong}", flush=True)
    print(f"  {len(found.trials)} kills", flush=True)
    return found


def _storm(world: World, how: tuple[int, float], name: str) -> Storm:
    processes, seconds = how
    with _timed(f"{name}, {processes} processes at once"):
        found = storm(world, processes=processes, seconds=seconds, database=name)
    print(f"  {dict(found.done)} {sorted(set(found.wrong))[:10]}", flush=True)
    return found


@contextmanager
def _timed(what: str) -> Iterator[None]:
    print(what, flush=True)
    start = time.monotonic()
    yield
    print(f"  {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
