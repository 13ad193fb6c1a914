"""``make demo``: a first champion on real flights, and a challenger that has to prove itself.

It runs the commands that a user types, under a Prefect server of its own, with another clock each time.
"""

import shlex
import subprocess
import sys
import time

from deployments.stack import prefect_server
from tasks.errors import PerennialError
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.settings import Settings, child_environment, load_settings, prepare_environment

MODEL = "flight_delay"
FIRST, SECOND = "2013-04-01", "2013-06-01"


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
    _say(f"1. It is {FIRST}. Train the first model of {MODEL} on the flights until then.")
    _run(settings, api, "train", MODEL, "--as-of", FIRST)
    _approve(settings, api)
    _say(f"2. It is {SECOND}, two months later. Train a challenger; the judge is flights that neither has seen.")
    _run(settings, api, "train", MODEL, "--as-of", SECOND)
    _say("3. What has happened so far.")
    _run(settings, api, "history", MODEL)


def _run(settings: Settings, api: str, *words: str) -> None:
    """Run a command as a user would; a refused challenger is no reason to stop, a mistake is."""
    print("$", shlex.join(["perennial", *words]), flush=True)
    command = [sys.executable, "-m", "deployments.cli", *words]
    code = subprocess.run(command, env=child_environment(settings, PREFECT_API_URL=api), check=False).returncode  # noqa: S603
    if code not in (0, 1):
        raise PerennialError(f"`perennial {' '.join(words)}` ended with exit code {code}")


def _approve(settings: Settings, api: str) -> None:
    """Stand in for the person who approves: the demo says so, and nothing else does it by itself."""
    pending = standing(Ledger(settings.ledger).entries(MODEL)).pending
    if not pending:
        raise PerennialError("the first model was refused; the reasons stand above")
    version = str(pending[-1].version)
    _say(f"The demo now approves version {version}, in place of a person.")
    _run(settings, api, "approve", MODEL, version, "--by", "the demo", "--reason", "it is the first one")


def _say(text: str) -> None:
    print(f"\n{text}\n", flush=True)


if __name__ == "__main__":
    main()
