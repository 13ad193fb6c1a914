"""What the gate costs: beside the training that it judges, and one comparison alone."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.flights import write_flights
from benchmarks.gate.gates import over_rows, paired_test
from benchmarks.gate.world import World, draw
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner, generator
from deployments.stack.servers import prefect_server
from tasks.data.demo import flights_file
from tasks.environment import child_environment, environment_of
from tasks.judgement.significance import compare
from tasks.metrics import find_metric
from tasks.settings import Settings, load_settings

GOAL = 0.05
TIMES, CHAMPION_AS_OF, AS_OF = 8, "2013-05-01", "2014-01-01"
"""Eight times the flights: 100,000 of them in the fourteen days of a holdout."""
METRICS = ("roc_auc", "log_loss", "average_precision", "f1", "precision_at@0.05")
_ROWS, _RESAMPLES, _MODEL = 100_000, 2000, "flight_delay"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Training:
    """Seconds of one training, and of the parts of its gate."""

    wall: float
    step: float
    enter: float
    hear: float
    weigh: float
    rows: int

    @property
    def gate(self) -> float:
        """Models brought together, predictions, leakage audit, decision: without waiting, and without the report."""
        return self.enter + self.hear + self.weigh

    def line(self, name: str) -> list[str]:
        parts = (self.enter, self.hear, self.weigh, self.step, self.wall)
        return [name, f"{self.rows:,}", *(f"{seconds:.2f}" for seconds in parts), self.share]

    @property
    def share(self) -> str:
        return f"{100 * self.gate / self.wall:.1f} % ({100 * self.step / self.wall:.1f} %)"


def study(runner: Runner) -> Section:
    first, second = _trainings(1 if runner.quick else TIMES)
    times = {metric: runner.repeat(_seconds, metric, 2) for metric in METRICS}
    alone = [[find_metric(metric).label, *(f"{seconds:.1f}" for seconds in pair)] for metric, pair in times.items()]
    over = second.gate > GOAL * second.wall
    return Section(
        title="What it costs",
        shows=(
            f"The gate on {second.rows:,} holdout rows takes {second.gate:.1f} s, "
            f"{100 * second.gate / second.wall:.1f} % of the {second.wall:.0f} s of the training that it judges; with "
            "the report, its pictures and the wait for the fresh process that measures latency, "
            f"{second.step:.1f} s. The goal is below 5 %."
        ),
        missed=(f"the gate takes {second.share} of the training",) if over else (),
        parts=(
            Table(
                ("seconds", "rows", "meet", "hear", "weigh", "whole step", "whole training", "gate (step)"),
                [first.line("first model, no champion"), second.line("challenger against it")],
            ),
            f"`compare()` alone, {_ROWS:,} rows, {_RESAMPLES:,} resamples, seconds on one core:",
            Table(("metric", "14 days", "independent rows"), alone),
        ),
        simulated=_MEASURED,
    )


def _trainings(times: int) -> tuple[Training, Training]:
    """Train a champion and a challenger, in fresh processes and a fresh home."""
    with TemporaryDirectory() as place:
        settings = _project(Path(place), times)
        with prefect_server(settings) as api:
            first = _train(settings, api, CHAMPION_AS_OF)
            _perennial(settings, api, "deployments.cli", "approve", _MODEL, "1", "--by", "gate", "--reason", "first")
            return first, _train(settings, api, AS_OF)


def _project(place: Path, times: int) -> Settings:
    """Write the shipped model again, with another source."""
    for name in ("deployments", "data_contracts"):
        (place / "project" / name).mkdir(parents=True)
    settings = Settings(place / "project", place / "home", load_settings().threads, None)
    source = write_flights(flights_file(settings), times, place / "flights.parquet")
    spec = (_ROOT / "deployments" / f"{_MODEL}.toml").read_text(encoding="utf-8")
    spec = spec.replace('uri = "demo:flights"', f'uri = "{source}"')
    (settings.specs / f"{_MODEL}.toml").write_text(spec, encoding="utf-8")
    shutil.copy(_ROOT / "data_contracts" / f"{_MODEL}.py", settings.contracts)
    return settings


def _train(settings: Settings, api: str, as_of: str) -> Training:
    start = perf_counter()
    output = _perennial(settings, api, "benchmarks.gate.timed_training", _MODEL, as_of)
    wall = perf_counter() - start
    taken = json.loads(output.splitlines()[-1])
    return Training(wall, **{name: taken[name] for name in ("step", "enter", "hear", "weigh", "rows")})


def _perennial(settings: Settings, api: str, *command: str) -> str:
    """Run a command of ours to its end; a refused challenger (exit code 1) is a result."""
    given = environment_of(settings) | {"PREFECT_API_URL": api, "PERENNIAL_THREADS": str(settings.threads)}
    words = [sys.executable, "-m", *command]
    environment = child_environment(settings, **given)
    ran = subprocess.run(words, env=environment, cwd=_ROOT, capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with exit code {ran.returncode}:\n{ran.stderr[-2000:]}")
    return ran.stdout


def _seconds(metric: str, number: int) -> float:
    """Return how long one comparison takes: number 0 by days, 1 by rows."""
    pair = draw(World(_ROWS, 14), generator("cost"))
    chosen, test = (over_rows(pair) if number else pair), paired_test(metric, 1, resamples=_RESAMPLES)
    start = perf_counter()
    compare(chosen, test)
    return perf_counter() - start


_MEASURED = (
    f"Measured: the flights of 2013, {TIMES} times as many a day (`benchmarks/flights.py`), in a fresh home and fresh "
    f"processes; the first model as of {CHAMPION_AS_OF} is approved, and a challenger trained as of {AS_OF}. Meet: "
    "load both models and the rows. Hear: find the rows that neither has seen, predict, audit for leaks. Weigh: "
    "`judge()` with slices, the search for slices and calibration. These numbers change from run to run and with the "
    "machine."
)
