"""``make benchmark``: `perennial train` beside a plain script that does the same work.

In one go, in turns, a fresh process each, and each with a fresh home folder: nothing that an earlier run saved is
found again. Two things are there before a run begins, for both sides alike: the rows as one Parquet file, and an
MLflow database with its tables, whose making takes seconds once in the life of a home. `perennial train` reports
to a local Prefect server, which is not counted. Threads and what OpenMP does while it waits are the same.

A size is reported only if both sides judged the same holdout rows and their AUC is the same to three decimals.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import pyarrow.parquet as pq

from benchmarks.flights import write_flights
from benchmarks.measurement import Program, Usage, measure
from deployments.stack.servers import prefect_server
from tasks.data.demo import flights_file
from tasks.environment import child_environment, environment_of
from tasks.settings import Settings, load_settings

Side = Literal["plain", "perennial"]
SIDES: tuple[Side, Side] = ("plain", "perennial")
AS_OF = "2014-01-01"
RUNS = {1: 5, 3: 3, 10: 3}
SAME_AUC = 0.0005
_ROOT = Path(__file__).resolve().parents[1]
_MAKE_TABLES = "import mlflow; mlflow.MlflowClient().search_experiments()"
_SHOWN: Mapping[str, tuple[str, Callable[[Usage], float]]] = {
    "wall": ("{:.1f} s", lambda usage: usage.wall),
    "CPU": ("{:.1f} s", lambda usage: usage.cpu),
    "memory (PSS)": ("{:,.0f} MB", lambda usage: usage.pss / 1e6),
    "memory (RSS)": ("{:,.0f} MB", lambda usage: usage.rss / 1e6),
}


@dataclass(frozen=True)
class Bench:
    """Where everything lies, and the server that runs report to."""

    folder: Path
    settings: Settings
    prefect: str
    threads: int


@dataclass(frozen=True)
class Answer:
    """What one side found: both must have done the same work."""

    roc_auc: float
    holdout_rows: int
    version: int | None


@dataclass(frozen=True)
class Sized:
    """The runs of one size, pair by pair."""

    times: int
    rows: int
    runs: Mapping[Side, Sequence[Usage]]
    answers: Mapping[Side, Answer]

    def median(self, side: Side, read: Callable[[Usage], float]) -> float:
        return median(map(read, self.runs[side]))

    def ratio(self, read: Callable[[Usage], float]) -> float:
        """Return the median, over pairs of neighbouring runs, of what Perennial takes for one of plain."""
        pairs = zip(self.runs["plain"], self.runs["perennial"], strict=True)
        return median(read(perennial) / read(plain) for plain, perennial in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(RUNS), metavar="N", help="times the rows")
    parser.add_argument("--runs", type=int, help="of each side; default: 5 at 1, else 3")
    parser.add_argument("--folder", type=Path, help="default: benchmark/ in the home folder")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that server and runs are stopped on the way out
    with _bench(asked.folder) as bench:
        found = [_run_size(bench, times, asked.runs or RUNS.get(times, 3)) for times in sorted(asked.sizes)]
    table = _table(found, bench.threads)
    (bench.folder / "training.md").write_text(table, encoding="utf-8")
    (bench.folder / "training.json").write_text(json.dumps([asdict(size) for size in found], indent=1))
    print(f"\n{table}\nwritten to {bench.folder / 'training.md'}")


@contextmanager
def _bench(folder: Path | None) -> Iterator[Bench]:
    """Give what all runs share: a project folder, a Prefect server, an MLflow database that has its tables."""
    settings = load_settings()
    place = (folder or settings.home / "benchmark").resolve()
    for name in ("deployments", "data_contracts", "server"):
        (place / "project" / name).mkdir(parents=True, exist_ok=True)
    server = Settings(place / "project", place / "server", settings.threads, None)
    uri = f"sqlite:///{place / 'mlflow.db'}"
    environment = child_environment(settings, MLFLOW_TRACKING_URI=uri)
    subprocess.run([sys.executable, "-c", _MAKE_TABLES], env=environment, check=True, capture_output=True)
    with prefect_server(server) as api:
        yield Bench(place, settings, api, settings.threads)


def _run_size(bench: Bench, times: int, runs: int) -> Sized:
    source = write_flights(flights_file(bench.settings), times, bench.folder / f"flights-{times}x.parquet")
    _write_model(bench, times, source)
    taken: dict[Side, list[Usage]] = {side: [] for side in SIDES}
    answers: dict[Side, Answer] = {}
    for turn in range(runs + 1):
        # The first turn warms up. Who goes first changes, so that a machine that slows down slows both.
        for side in SIDES if turn % 2 else SIDES[::-1]:
            usage, answers[side] = _run(bench, side, times)
            print(_progress(times, turn, side, usage), flush=True)
            taken[side] += [usage] if turn else []
        _require_same(answers)
    return Sized(times, pq.read_metadata(source).num_rows, taken, answers)


def _write_model(bench: Bench, times: int, source: Path) -> None:
    """Write the spec of the shipped model again, with another name and source."""
    project, name = bench.folder / "project", _model(times)
    spec = (_ROOT / "deployments" / "flight_delay.toml").read_text(encoding="utf-8")
    spec = spec.replace('model = "flight_delay"', f'model = "{name}"')
    spec = spec.replace('uri = "demo:flights"', f'uri = "{source}"')
    (project / "deployments" / f"{name}.toml").write_text(spec, encoding="utf-8")
    shutil.copy(_ROOT / "data_contracts" / "flight_delay.py", project / "data_contracts" / f"{name}.py")


def _model(times: int) -> str:
    return f"flights_{times}x"


def _run(bench: Bench, side: Side, times: int) -> tuple[Usage, Answer]:
    """Run one side once, in a home folder of its own, and remove that again."""
    home = bench.folder / "run"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    shutil.copy(bench.folder / "mlflow.db", home)
    settings = Settings(bench.folder / "project", home, bench.threads, bench.prefect)
    given = environment_of(settings) | {"PREFECT_API_URL": bench.prefect, "PERENNIAL_THREADS": str(bench.threads)}
    command = _plain(bench, times, home) if side == "plain" else _perennial(times)
    usage, output = measure(Program(command, child_environment(settings, **given), home))
    shutil.rmtree(home)
    return usage, _answer(side, json.loads(output[output.index("{") :]))


def _plain(bench: Bench, times: int, home: Path) -> list[str]:
    script, source = str(_ROOT / "benchmarks" / "plain.py"), str(bench.folder / f"flights-{times}x.parquet")
    return [sys.executable, script, source, str(home), "--as-of", AS_OF, "--threads", str(bench.threads)]


def _perennial(times: int) -> list[str]:
    return [sys.executable, "-m", "deployments.cli", "train", _model(times), "--as-of", AS_OF, "--json"]


def _answer(side: Side, found: Mapping[str, Any]) -> Answer:
    if side == "plain":
        return Answer(found["roc_auc"], found["rows"], found["version"])
    verdict = found["verdict"]
    return Answer(verdict["challenger_metrics"]["roc_auc"], verdict["holdout"]["rows"], found["version"])


def _require_same(answers: Mapping[Side, Answer]) -> None:
    plain, perennial = (answers[side] for side in SIDES)
    same = abs(plain.roc_auc - perennial.roc_auc) < SAME_AUC and plain.holdout_rows == perennial.holdout_rows
    if not same or None in (plain.version, perennial.version):
        sys.exit(f"benchmark: the two did not do the same work: plain {plain}, perennial {perennial}")


def _progress(times: int, turn: int, side: Side, usage: Usage) -> str:
    load = os.getloadavg()[0]
    shown = "  ".join(f"{name} {form.format(read(usage))}" for name, (form, read) in _SHOWN.items())
    return f"{times}x  {f'run {turn}' if turn else 'warm-up'}  {side:<10}{shown}  (load {load:.1f})"


def _table(found: Sequence[Sized], threads: int) -> str:
    lines = ["| rows | | plain | perennial | ratio |", "| --- | --- | ---: | ---: | ---: |"]
    for size in found:
        for name, (form, read) in _SHOWN.items():
            values = " | ".join(form.format(size.median(side, read)) for side in SIDES)
            lines.append(f"| {size.rows:,} ({size.times}×) | {name} | {values} | {size.ratio(read):.2f} |")
    lines += ["", "| growth, for one of 1× | " + " | ".join(f"{size.times}×" for size in found) + " |"]
    lines += ["| --- |" + " ---: |" * len(found)]
    for name, (_, read) in _SHOWN.items():
        for side in SIDES:
            growth = (size.median(side, read) / found[0].median(side, read) for size in found)
            lines.append(f"| {name}, {side} | " + " | ".join(f"{times:.1f}" for times in growth) + " |")
    runs = ", ".join(f"{len(size.runs['plain'])} at {size.times}×" for size in found)
    auc = ", ".join(f"{size.answers['perennial'].roc_auc:.4f}" for size in found)
    return "\n".join([*lines, "", f"Medians of {runs}; {threads} threads; holdout AUC of both: {auc}.", ""])


if __name__ == "__main__":
    main()
