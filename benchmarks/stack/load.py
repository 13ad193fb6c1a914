"""What many models cost one stack: deploys, memory, and an hour of schedules."""

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks.stack.hour import Hour, minutes_of, spend, wait_for_runs
from benchmarks.stack.memory import Memory, Peaks, listener, memory, pids_of
from benchmarks.stack.world import Stack, settings_of, stack, start_worker, write_project
from tasks.environment import child_environment

VARIABLES = ("PERENNIAL_LEDGER", "PERENNIAL_MLFLOW", "PERENNIAL_PREFECT_DATABASE")
_TRIES = 5
_ROOM_SECONDS = 90
"""Besides the time that a deploy took: for having runs made of what was deployed, before the first is due."""


@dataclass(frozen=True)
class Load:
    """What was measured on one database."""

    database: str
    models: int
    deployments: int
    first: float
    """Seconds of `perennial deploy` for all that is new,"""
    again: float
    """when nothing has changed,"""
    changed: float
    """and when each model's check is due at another minute."""
    made: float
    """Seconds from then until Prefect's scheduler had made a run for every one of them."""
    empty: Mapping[str, Memory]
    """Of the servers before anything is deployed,"""
    rest: Mapping[str, Memory]
    """after it was,"""
    peak: Mapping[str, Memory]
    """and at most while the hour's runs came."""
    hour: Hour
    repeated: int
    """How many times `perennial deploy` had to be run again, because Prefect's database was locked."""
    busy: float
    """Share of the machine's processors that everything on it used in that hour."""


def load(name: str, folder: Path, server: str | None, how: tuple[int, int]) -> Load:
    """Deploy models to a new stack, and spend an hour in some minutes; ``how`` says how many, in how many minutes."""
    models, over = how
    names = [f"shop_{i:03}" for i in range(models)]
    write_project(folder, dict.fromkeys(names, 0))
    settings = settings_of(folder, _databases(server))
    port = int(server.rsplit(":", 1)[1].split("/")[0]) if server else None
    with stack(settings) as up:
        watched = pids_of(up.processes, listener(port) if port else None)
        empty = _memory(watched)
        (first, locked), (again, locked_again) = _deploy(up), _deploy(up)
        start_worker(up)
        start = (datetime.now(UTC) + timedelta(seconds=first + _ROOM_SECONDS)).replace(second=0, microsecond=0)
        write_project(folder, minutes_of(names, start, over))
        changed, locked_then = _deploy(up)
        repeated = locked + locked_again + locked_then
        asked = time.time()
        made = wait_for_runs(up, names, start, over) - asked
        watched = pids_of(up.processes, listener(port) if port else None)
        rest = _memory(watched)
        print(f"  all scheduled after {made:.0f} s; the first is due at {start:%H:%M} UTC", flush=True)
        psutil.cpu_percent()
        with Peaks(watched) as peaks:
            hour = spend(up, names, start, over)
        busy = psutil.cpu_percent() / 100
        count = len(up.api.all("deployments/filter", {}))
    return Load(name, models, count, first, again, changed, made, empty, rest, peaks.most, hour, repeated, busy)


def _databases(server: str | None) -> dict[str, str]:
    if server is None:
        return {}
    from benchmarks.drill.postgres import new_database

    return {variable: new_database(server).replace("+psycopg", "") for variable in VARIABLES}


def _deploy(up: Stack) -> tuple[float, int]:
    """Deploy, and return the seconds until it was done, and how many times it had to be said again."""
    command = [sys.executable, "-m", "deployments.cli", "deploy"]
    environment = child_environment(up.settings, PREFECT_API_URL=up.api.url)
    start, tries = time.perf_counter(), 1
    while subprocess.run(command, env=environment, check=tries == _TRIES, stdout=subprocess.DEVNULL).returncode:
        tries += 1
    took = time.perf_counter() - start
    print(f"  deployed in {took:.0f} s, {tries} tries", flush=True)
    return took, tries - 1


def _memory(watched: Mapping[str, tuple[int, bool]]) -> dict[str, Memory]:
    return {name: memory(pid, family=family) for name, (pid, family) in watched.items()}
