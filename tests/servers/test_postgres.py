"""The loop on PostgreSQL: what it makes is what it makes on SQLite, to the last digest, and no password is told."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.drill.postgres import missing, new_database, postgres
from deployments.stack.ports import free_port
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.records import Judged
from tasks.settings import load_settings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]
PASSWORD = "Open-5esame"  # noqa: S105 - of a server that lives for a test
VARIABLES = ("PERENNIAL_LEDGER", "PERENNIAL_MLFLOW", "PERENNIAL_PREFECT_DATABASE")
READY = "perennial status shows how it stands"
START_SECONDS = 180
REGISTRY = (
    "from tasks.release.registry import Registry; from tasks.settings import load_settings; Registry(load_settings())"
)


@dataclass(frozen=True)
class Made:
    """What a loop leaves that must not depend on where it is kept."""

    judged: list[dict[str, Any]]
    """Of each challenger: the digests of its rows, model and spec, and the verdict in words and figures."""
    kinds: list[str]
    """Of the ledger's entries, oldest first."""
    trained: dict[str, Any]
    watched: dict[str, Any]
    findings: list[dict[str, Any]]
    runs: list[tuple[dict[str, float], dict[str, str]]]
    """What MLflow's pages show of each run: its metrics and parameters."""


@dataclass(frozen=True)
class Shop:
    """The small project, with a home of its own; what its commands and its stack say is kept there."""

    home: Path

    @property
    def said(self) -> Path:
        return self.home / "said.txt"

    def perennial(self, *words: str) -> str:
        """Run a command, which is to be done, and return its answer."""
        return self._run("deployments.cli", *words)

    def ask(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.perennial(*words, "--json"))
        return found

    def train_in_worker(self, as_of: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the stack's worker train, as a click in Prefect's pages does, and wait for it."""
        with monkeypatch.context() as within:
            within.setenv("PREFECT_API_URL", f"{self.ask('status')['parts'][0]['where']}/api")
            self._run("prefect", "deployment", "run", "training/returns", "--param", f"as_of={as_of}", "--watch")

    @contextmanager
    def up(self) -> Iterator[psutil.Process]:
        """Keep the stack up for the length of the block."""
        ports = ("--prefect-port", str(free_port()), "--mlflow-port", str(free_port()))
        with self.said.open("w") as output:
            command = [sys.executable, "-m", "deployments.cli", "up", *ports]
            stack = psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            deadline = time.monotonic() + START_SECONDS
            while READY not in (said := self.said.read_text()):
                assert stack.poll() is None, f"it ended:\n{said}"
                assert time.monotonic() < deadline, said
                time.sleep(0.2)
            yield stack
        finally:
            stack.terminate()
            assert stack.wait(90) == 0

    def _run(self, module: str, *words: str) -> str:
        command = [sys.executable, "-m", module, *words]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
        with self.said.open("a") as file:
            file.write(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server on loopback."""
    if reason := missing():
        pytest.fail(f"{reason}; `make test-servers` installs it")
    with postgres() as url:
        yield url


def database(server: str) -> str:
    """Return the URL of a new database, as a user writes it."""
    return new_database(server).replace("+psycopg", "").replace("@", f":{PASSWORD}@")


@pytest.fixture
def scheduled(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = project / "deployments" / "returns.toml"
    spec.write_text(spec.read_text() + '\n[schedule]\ntrain = "0 3 * * *"\n')
    for variable in (*VARIABLES, "PREFECT_API_URL"):
        monkeypatch.delenv(variable, raising=False)


def shop_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    home.mkdir()
    monkeypatch.setenv("PERENNIAL_HOME", str(home))
    return Shop(home)


def loop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Train in the worker, approve, score, watch, train again, approve, and go back."""
    shop.train_in_worker("2024-02-10T00:00:00Z", monkeypatch)
    shop.perennial("approve", "returns", "1", "--reason", "the first")
    shop.perennial("score", "returns", "--from", "2024-02-10", "--as-of", "2024-02-20")
    watched = shop.ask("watch", "returns", "--as-of", "2024-02-20")
    trained = shop.ask("train", "returns", "--as-of", "2024-02-25")
    shop.perennial("approve", "returns", "2", "--reason", "fresher")
    shop.perennial("rollback", "returns", "--reason", "the first was better liked")
    findings = shop.ask("doctor")["findings"]
    entries = Ledger(load_settings().ledger).entries("returns")
    judged = [figures(entry.what) for entry in entries if isinstance(entry.what, Judged)]
    return Made(judged, [entry.kind for entry in entries], timeless(trained), watched, findings, mlflow_runs())


def figures(judged: Judged) -> dict[str, Any]:
    """Return what a verdict says, less what is of the clock: MLflow's run, and the digests of files with times in them."""
    facts = {name: value for name, value in asdict(judged).items() if name not in ("run", "evidence")}
    return {**facts, **{name: getattr(judged.evidence, name) for name in ("snapshot", "artifact", "spec")}}


def timeless(trained: dict[str, Any]) -> dict[str, Any]:
    """Return what a training answered, less how long a prediction took, and in which folder its files are."""
    verdict = {name: value for name, value in trained["verdict"].items() if name != "cost"}
    checks = [check for check in verdict["checks"] if check["gate"] != "latency"]
    return {**trained, "record": None, "verdict": {**verdict, "checks": checks}}


def mlflow_runs() -> list[tuple[dict[str, float], dict[str, str]]]:
    from mlflow import MlflowClient

    client = MlflowClient(load_settings().tracking_uri)
    experiment = client.get_experiment_by_name("returns")
    assert experiment
    found = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    return [(run.data.metrics, run.data.params) for run in found]


@pytest.mark.usefixtures("scheduled")
def test_the_loop_on_postgresql_makes_what_it_makes_on_sqlite(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = shop_in(tmp_path / "sqlite", monkeypatch)
    with small.up():
        on_sqlite = loop(small, monkeypatch)
    for variable in VARIABLES:
        monkeypatch.setenv(variable, database(server))
    large = shop_in(tmp_path / "postgresql", monkeypatch)
    with large.up() as stack:
        on_postgresql = loop(large, monkeypatch)
        answer_of(large, "admin/settings")
        commands = [one.cmdline() for one in (stack, *stack.children(recursive=True))]

    assert on_postgresql == on_sqlite
    assert not list(large.home.rglob("*.db"))
    assert not any(PASSWORD in word for command in commands for word in command)
    assert not [file for file in large.home.rglob("*") if file.is_file() and PASSWORD.encode() in file.read_bytes()]


def answer_of(shop: Shop, page: str) -> None:
    """Keep what Prefect's server answers."""
    where = shop.ask("status")["parts"][0]["where"]
    with urllib.request.urlopen(f"{where}/api/{page}", timeout=10) as answer:
        (shop.home / "answer.json").write_bytes(answer.read())


@pytest.mark.usefixtures("project")
def test_two_homes_that_make_the_tables_of_one_registry_at_once_wait_for_one_another(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_MLFLOW", database(server))
    homes = [{**os.environ, "PERENNIAL_HOME": str(tmp_path / name)} for name in "ab"]
    made = [subprocess.Popen([sys.executable, "-c", REGISTRY], env=home, stderr=subprocess.PIPE) for home in homes]

    assert [(one.communicate()[1][-500:], one.returncode)[1] for one in made] == [0, 0]


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.usefixtures("scheduled")
def test_a_database_that_is_not_there_is_told_before_anything_is_started(
    variable: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, database(server) + "x")
    command = [sys.executable, "-m", "deployments.cli", "up"]
    found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (2, "", 1)
    assert f"{variable}: the database that it names cannot be used: " in found.stderr
    assert "does not exist" in found.stderr
    assert PASSWORD not in found.stderr
    assert not (tmp_path / "home" / "logs").exists()
