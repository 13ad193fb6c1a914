"""Two machines with one store and one set of databases: each goes on with what the other made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from flows.drift_detection import run_check
from flows.scoring import run_scoring
from flows.training import run_training
from tasks.data.objects import Objects
from tasks.errors import StoreUnavailable
from tasks.monitoring.predictions.run import Asked

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("project", "reporting")]
FIRST = datetime(2024, 2, 10, tzinfo=UTC)
Move = Callable[[str], None]


@pytest.fixture
def machine(tmp_path: Path, edit: Callable[[str, str, str], None], monkeypatch: pytest.MonkeyPatch) -> Move:
    """Go to the machine of this name, whose home folder is empty the first time."""
    edit("deployments/returns.toml", "[gate]", '[promotion]\napproval = "automatic"\n\n[gate]')
    monkeypatch.setenv("PERENNIAL_STORE", f"file://{tmp_path}/shared")
    monkeypatch.setenv("PERENNIAL_LEDGER", f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.setenv("PERENNIAL_MLFLOW", f"sqlite:///{tmp_path}/mlflow.db")
    return lambda name: monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / name))


def test_a_machine_scores_watches_and_trains_with_what_another_one_has_made(machine: Move) -> None:
    week, asked = FIRST + timedelta(days=7), Asked(FIRST, FIRST + timedelta(days=7), FIRST + timedelta(days=7))
    machine("a")
    assert run_training("returns", "manual", FIRST).version
    machine("b")
    assert run_scoring("returns", asked).made.served.rows == 350
    assert run_check("returns", week).version == 1
    machine("a")
    again = run_scoring("returns", asked)
    machine("b")
    second = run_training("returns", "manual", FIRST + timedelta(days=15))

    assert (second.verdict.champion_version, second.recorded.version is not None) == ("1", True)
    assert (again.rows, again.made.served.rows, again.made.entry) == (350, 0, None)


@pytest.mark.drill
def test_a_store_that_does_not_answer_is_asked_again(machine: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    put, failed = Objects.put, list[str]()

    def unsteady(objects: Objects, name: str, path: Path) -> None:
        if name.startswith("models/returns/quarantine") and not failed:
            failed.append(name)
            raise StoreUnavailable("it does not answer")
        put(objects, name, path)

    monkeypatch.setattr(Objects, "put", unsteady)
    machine("a")

    assert run_training("returns", "manual", FIRST).version
    with get_client(sync_client=True) as client:
        tries = next(task.run_count for task in client.read_task_runs(limit=20) if task.name.startswith("validate"))
    assert (len(failed), tries) == (1, 2)
