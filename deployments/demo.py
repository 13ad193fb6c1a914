"""``make demo``: a champion on real flights is watched, retrained when it has lost, and not when its feed is broken.

It runs the commands that a user types, under a Prefect server of its own, with another clock each time.
"""

import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from deployments.stack.servers import prefect_server
from tasks.data.demo import flights_file
from tasks.data.window import read_time
from tasks.environment import child_environment, prepare_environment
from tasks.errors import PerennialError
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.settings import Settings, load_settings

MODEL = "flight_delay"
FIRST, QUIET, CHECKS, BROKEN = "2013-04-01", "2013-04-15", ("2013-10-05", "2013-10-06"), "2013-10-29"
_SCORED = "2013-09-20"


def main() -> None:
    """Run the demo; exit code 2 with one line if it cannot be run."""
    began = time.monotonic()
    settings = load_settings()
    prepare_environment(settings, quiet_console=True)
    try:
        print("Starting a Prefect server on loopback.", flush=True)
        with prefect_server(settings) as api:
            _play(settings, api)
    except PerennialError as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"\nThe demo took {time.monotonic() - began:.0f} seconds. Open the pages of both with: make ui")
    print("  Prefect  http://127.0.0.1:4200  the runs, with their artifacts")
    print("  MLflow   http://127.0.0.1:5000  the versions, with lineage, pictures and metrics")


def _play(settings: Settings, api: str) -> None:
    stage = Stage(settings, api)
    _say(f"1. It is {FIRST}. Train the first model of {MODEL} on the flights until then.")
    stage.run("train", MODEL, "--as-of", FIRST)
    stage.approve("it is the first one")
    _say(f"2. It is {QUIET}. The champion scores the flights since; is anything wrong?")
    stage.run("score", MODEL, "--from", FIRST, "--as-of", QUIET)
    stage.run("watch", MODEL, "--as-of", QUIET, "--quiet")
    _say(f"3. Half a year later. It scores September; the checks of {' and '.join(CHECKS)} ask what became of it.")
    stage.run("score", MODEL, "--from", _SCORED, "--as-of", CHECKS[0], "--quiet")
    for day in CHECKS:  # labels take a day: what happened on the first day is not known on the second
        stage.run("watch", MODEL, "--as-of", day, "--quiet")
    stage.retrain()
    _say(f"5. It is {BROKEN}, and the feed of the weather has begun to send degrees Celsius.")
    stage.on(celsius_feed(settings, BROKEN)).run("watch", MODEL, "--as-of", BROKEN, "--quiet")
    _say("6. What has happened so far.")
    stage.run("history", MODEL)


@dataclass(frozen=True)
class Stage:
    """Where the commands are run."""

    settings: Settings
    api: str

    def on(self, project: Path) -> "Stage":
        """Return the same with the specs and contracts of another folder."""
        return replace(self, settings=replace(self.settings, project=project))

    def run(self, *words: str) -> None:
        """Run a command as a user would; a refusal or an alarm is no reason to stop, a mistake is."""
        _run(self.settings, self.api, *words)

    def approve(self, reason: str) -> None:
        """Stand in for the person who approves: the demo says so, and nothing else does it by itself."""
        pending = standing(Ledger(self.settings.ledger).entries(MODEL)).pending
        if not pending:
            raise PerennialError("the version was refused; the reasons stand above")
        version = str(pending[-1].version)
        _say(f"The demo now approves version {version}, in place of a person.")
        self.run("approve", MODEL, version, "--by", "the demo", "--reason", reason)

    def retrain(self) -> None:
        """Make the training that was asked for; under `perennial up` the automation does it."""
        request = standing(Ledger(self.settings.ledger).entries(MODEL)).request
        if request is None:
            raise PerennialError("no training was asked for; the reasons stand above")
        _say(f"4. The training that was asked for, entry {request.number} of the ledger.")
        self.run("train", MODEL, "--request", str(request.number))
        self.approve("asked for by drift, and no worse")


def _run(settings: Settings, api: str, *words: str) -> None:
    """Run a command as a user would; a refusal or an alarm is no reason to stop, a mistake is."""
    print("$", shlex.join(["perennial", *words]), flush=True)
    command = [sys.executable, "-m", "deployments.cli", *words]
    code = subprocess.run(command, env=child_environment(settings, PREFECT_API_URL=api), check=False).returncode  # noqa: S603
    if code not in (0, 1):
        raise PerennialError(f"`perennial {' '.join(words)}` ended with exit code {code}")


def celsius_feed(settings: Settings, until: str) -> Path:
    """Write the project again, with a source whose last window before ``until`` has ``temp`` in degrees Celsius."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    place = settings.home / "demo" / "celsius"
    table = pq.read_table(flights_file(settings))
    since = pa.scalar(read_time(until) - timedelta(days=7), table.schema.field("scheduled_departure").type)
    late = pc.greater_equal(table.column("scheduled_departure"), since)
    celsius = pc.divide(pc.subtract(table.column("temp"), 32.0), 1.8)
    temp = pc.if_else(late, celsius, table.column("temp"))
    for folder in (settings.specs, settings.contracts):
        shutil.copytree(folder, place / folder.name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    pq.write_table(table.set_column(table.column_names.index("temp"), "temp", temp), place / "flights.parquet")
    spec = place / "deployments" / f"{MODEL}.toml"
    text = spec.read_text(encoding="utf-8").replace('"demo:flights"', f'"{place / "flights.parquet"}"')
    spec.write_text(text, encoding="utf-8")
    return place


def _say(text: str) -> None:
    print(f"\n{text}\n", flush=True)


if __name__ == "__main__":
    main()
