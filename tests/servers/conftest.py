"""The small project beside real servers: PostgreSQL, and one that speaks S3."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from benchmarks.drill.postgres import missing, new_database, postgres
from deployments.stack.ports import HOST, free_port

PASSWORD = "Open-5esame"  # noqa: S105 - of servers that live for a test
VARIABLES = ("PERENNIAL_LEDGER", "PERENNIAL_MLFLOW", "PERENNIAL_PREFECT_DATABASE")
TURNED = datetime(2024, 2, 10, tzinfo=UTC)
READY = "perennial status shows how it stands"
START_SECONDS = 180


@dataclass(frozen=True)
class Shop:
    """The small project, with a home of its own; what its commands and its stack say is kept there."""

    home: Path

    @property
    def said(self) -> Path:
        return self.home / "said.txt"

    def perennial(self, *words: str) -> str:
        """Run a command, which is to be done, and return its answer."""
        return self.run("-m", "deployments.cli", *words)

    def ask(self, *words: str) -> dict[str, Any]:
        """Run a command, which may have found that something is to be done, and return the facts of its answer."""
        found: dict[str, Any] = json.loads(self.run("-m", "deployments.cli", *words, "--json", ends=(0, 1)))
        return found

    def prefect(self) -> str:
        """Return where the stack's Prefect server is."""
        return f"{self.ask('status')['parts'][0]['where']}/api"

    def train_in_worker(self, as_of: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the stack's worker train, as a click in Prefect's pages does, and wait for it."""
        with monkeypatch.context() as within:
            within.setenv("PREFECT_API_URL", self.prefect())
            self.run("-m", "prefect", "deployment", "run", "training/returns", "--param", f"as_of={as_of}", "--watch")

    def run(self, *words: str, ends: tuple[int, ...] = (0,)) -> str:
        """Run Python, which is to end with one of these exit codes, and return what it prints."""
        done = subprocess.run([sys.executable, *words], check=False, capture_output=True, text=True, timeout=240)
        with self.said.open("a") as file:
            file.write(done.stdout + done.stderr)
        assert done.returncode in ends, done.stdout + done.stderr
        return done.stdout

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


class Database:
    """A PostgreSQL server on loopback."""

    def __init__(self, url: str) -> None:
        self._url = url

    def new(self) -> str:
        """Return the URL of a new database, as a user writes it."""
        return new_database(self._url).replace("+psycopg", "").replace("@", f":{PASSWORD}@")


@dataclass(frozen=True)
class Buckets:
    """A server on loopback that speaks S3, and lets everybody in unless it is told otherwise."""

    endpoint: str

    def client(self, service: str = "s3") -> Any:
        import boto3

        return boto3.client(service, endpoint_url=self.endpoint)

    def let_in(self, strangers: int) -> None:
        """Let in so many more requests of people that it does not know."""
        place, what = f"{self.endpoint}/moto-api/reset-auth", {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(place, str(strangers).encode(), what), timeout=10).close()


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    if reason := missing():
        pytest.fail(f"{reason}; `make test-servers` installs it")
    with postgres() as url:
        yield Database(url)


@pytest.fixture(scope="module")
def _s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not find_spec("moto") or not find_spec("boto3"):
        pytest.fail("moto and boto3 are not installed; `make test-servers` installs them")
    endpoint = f"http://{HOST}:{free_port()}"
    with (tmp_path_factory.mktemp("s3") / "log").open("w") as log:
        command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", endpoint.rpartition(":")[2]]
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(endpoint)
        yield endpoint
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def s3(_s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Buckets:
    """The server, known to this process as it is to every AWS program, with a bucket ``models``."""
    nothing = str(tmp_path / "no-aws-config")
    for variable, value in {
        "AWS_ENDPOINT_URL": _s3,
        "AWS_ACCESS_KEY_ID": "ada",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
    }.items():
        monkeypatch.setenv(variable, value)
    found = Buckets(_s3)
    found.client().create_bucket(Bucket="models")
    return found


@pytest.fixture
def scheduled(project: Path, orders: pa.Table, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with a schedule; from 10 February on, who kept an order sends it back, and the other way round."""
    spec = project / "deployments" / "returns.toml"
    windows = 'train = "9d"\nvalidation = "4d"\nholdout = "4d"'
    text = spec.read_text().replace('validation = "10d"\nholdout = "10d"', windows)
    spec.write_text(f'{text}\n[policy]\nwindows = 1\nof = 1\n\n[schedule]\ntrain = "0 3 * * *"\n')
    late = pc.greater_equal(orders["ordered_at"], pa.scalar(TURNED, orders["ordered_at"].type))
    turned = pc.xor(orders["returned"], late)
    place = orders.column_names.index("returned")
    pyarrow.csv.write_csv(orders.set_column(place, "returned", turned), project / "orders.csv")
    for variable in (*VARIABLES, "PERENNIAL_STORE", "PREFECT_API_URL"):
        monkeypatch.delenv(variable, raising=False)
    return project


@pytest.fixture
def open_shop() -> Callable[[Path], Shop]:
    """The project, with a home folder of its own."""
    return Shop


def _wait_for(endpoint: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{endpoint}/moto-api/data.json", timeout=10).close()
        except urllib.error.URLError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        else:
            return
