"""`perennial up`: what a user starts, kills, and starts again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deployments.stack import running
from deployments.stack.ports import free_port
from tasks.settings import Settings, load_settings
from tasks.up import is_up
from tests.deployments.stacks import READY, Stack, answer, eventually, perennial, stack_of, status

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
SCHEDULE = '\n[schedule]\ntrain = "0 3 * * *"\n'


@pytest.fixture
def scheduled(project: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The small project, with a schedule, and no server that the environment names."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    spec = project / "deployments" / "returns.toml"
    spec.write_text(spec.read_text() + SCHEDULE)
    return load_settings()


@pytest.fixture
def stack(scheduled: Settings) -> Iterator[Stack]:
    """A stack that is up, and asks for a password."""
    with stack_of(scheduled, "--auth") as made:
        yield made


def test_up_runs_everything_keeps_it_alive_and_leaves_nothing(stack: Stack) -> None:
    said = stack.says(READY)
    assert "training/returns" in said
    assert "scheduled, first:" in said
    found = status()
    assert [(part["name"], part["well"]) for part in found["parts"]] == [
        ("Prefect", True),
        ("MLflow", True),
        ("worker", True),
    ]
    assert [run["deployment"] for run in found["models"][0]["next"]] == ["training/returns"]
    again = perennial("up")
    assert (again.returncode, "it is up already: Prefect http://127.0.0.1:" in again.stdout) == (0, True)
    listening = {c.laddr.ip for one in stack.family() for c in one.net_connections("inet") if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}

    where = running.current(stack.settings.home)
    assert where
    api, pages = where.prefect_api, where.mlflow
    assert [answer(f"{api}/health"), answer(f"{pages}/health")] == [200, 200]
    assert {answer(f"{api}/admin/version"), answer(pages), answer(f"{pages}/version")} == {401}
    secrets = json.loads((stack.settings.home / "secrets.json").read_text())
    assert (stack.settings.home / "secrets.json").stat().st_mode & 0o777 == 0o600
    told = [*stack.settings.home.glob("logs/*"), stack.settings.home / "up.json", stack.log]
    assert not any(secrets["password"] in file.read_text() for file in told)

    dead = stack.part("MLflow")
    orphans = dead.children(recursive=True)
    assert orphans
    dead.kill()
    stack.says("MLflow ended with exit code -9; starting it again in 1 s")
    stack.says("MLflow was started again, process")
    assert stack.part("MLflow").pid != dead.pid
    _, alive = psutil.wait_procs(orphans, timeout=5)
    assert alive == []

    family = stack.family()
    assert "everything is stopped" in perennial("down").stdout
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert not is_up(stack.settings.home)
    assert "nothing is up" in perennial("down").stdout


@pytest.mark.drill
def test_what_a_killed_stack_leaves_is_cleared_away_by_the_next(stack: Stack) -> None:
    left = stack.family()[1:]
    stack.process.kill()
    eventually(lambda: not is_up(stack.settings.home))
    assert any(one.is_running() for one in left)

    second = Stack(stack.settings, "--auth")
    said = second.says(READY)
    assert "Prefect was left over from a stack that was killed; it is stopped" in said
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in left)
    os.kill(second.process.pid, signal.SIGINT)
    assert second.process.wait(60) == 0


def test_a_stack_that_is_stopped_while_it_starts_leaves_nothing(scheduled: Settings) -> None:
    starting = Stack(scheduled)
    starting.says("starting Prefect and MLflow")
    eventually(lambda: len(starting.family()) >= 3)
    family = starting.family()
    starting.process.terminate()

    assert starting.process.wait(60) == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert "Prefect is stopped" in starting.log.read_text()


@pytest.mark.drill
def test_where_mlflow_knows_people_a_command_takes_their_password_and_a_form_their_name(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert perennial("train", "returns", "--as-of", "2024-02-20").returncode == 0
    refused = perennial("approve", "returns", "1", "--by", "perennial")
    assert (refused.returncode, "MLFLOW_TRACKING_PASSWORD are not set" in refused.stderr) == (2, True)

    up = running.current(stack.settings.home)
    assert up
    password = json.loads((stack.settings.home / "secrets.json").read_text())["password"]
    with monkeypatch.context() as within:
        within.setenv("PREFECT_API_URL", up.prefect_api)
        within.setenv("PREFECT_API_AUTH_STRING", f"perennial:{password}")
        known = ["--param", "model=returns", "--param", "version=1", "--param", "decision=approve"]
        form = ["deployment", "run", "promotion/promotion", *known, "--param", "approver=Ada", "--watch"]
        done = subprocess.run([sys.executable, "-m", "prefect", *form], check=False, capture_output=True, text=True)
        assert "Refused" in done.stdout, done.stdout + done.stderr
    assert "promotion" not in perennial("history", "returns").stdout

    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "perennial")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    approved = perennial("approve", "returns", "1", "--reason", "better in February")
    assert approved.returncode == 0, approved.stderr
    said = perennial("history", "returns").stdout
    assert "by perennial (known to MLflow by password): better in February" in said


@pytest.mark.drill
def test_a_scheduler_that_makes_no_run_is_warned_of(scheduled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED", "false")
    with stack_of(scheduled) as stack:
        said = stack.says(READY)
        assert "warning: Prefect's scheduler has made no run of what is scheduled" in said
        assert "scheduled, first" not in said
        assert all(part["well"] for part in status()["parts"])  # what is asked for by hand runs all the same


def test_a_port_that_is_taken_names_the_process_that_has_it(scheduled: Settings) -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: any(c.laddr.port == port for c in psutil.Process(server.pid).net_connections("inet")))
            refused = perennial("up", "--prefect-port", str(port))
        finally:
            server.kill()
    assert refused.returncode == 2
    assert f"port {port} of 127.0.0.1 is taken by process {server.pid} (" in refused.stderr
    assert f"perennial up --prefect-port {port + 100}" in refused.stderr
    assert not is_up(scheduled.home)


def test_a_disk_that_is_nearly_full_is_said_before_anything_is_started(
    scheduled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deployments.stack import up
    from deployments.stack.addresses import Addresses
    from tasks.errors import ServerError

    monkeypatch.setattr(up, "LEAST_FREE", 10**18)
    with pytest.raises(ServerError, match="MB are free on its disk, and the databases need at least"):
        up.up(scheduled, Addresses(free_port(), free_port()), print)


def test_a_file_of_a_stack_that_is_damaged_is_no_stack(scheduled: Settings) -> None:
    scheduled.home.mkdir(parents=True)
    (scheduled.home / "up.json").write_text('{"prefect_api": "http')
    assert running.read(scheduled.home) is None
    assert perennial("down").stdout.startswith("nothing is up")


def test_secrets_that_others_may_read_or_that_mlflow_does_not_know_are_refused(tmp_path: Path) -> None:
    from deployments.stack.secrets import secrets_of
    from tasks.errors import SettingsError

    made = secrets_of(tmp_path)
    assert secrets_of(tmp_path) == made
    assert made.password not in repr(made)
    (tmp_path / "secrets.json").chmod(0o644)
    with pytest.raises(SettingsError, match="others may read it; chmod 600 it, or delete it"):
        secrets_of(tmp_path)
    (tmp_path / "secrets.json").unlink()
    (tmp_path / "mlflow_auth.db").touch()
    with pytest.raises(SettingsError, match="is gone, and .*mlflow_auth.db knows the password"):
        secrets_of(tmp_path)
