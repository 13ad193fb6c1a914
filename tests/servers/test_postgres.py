"""PostgreSQL, where it is not as SQLite is: it may not be there, and two machines may begin at once."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
PASSWORD = "Open-5esame"  # noqa: S105 - of servers that live for a test
REGISTRY = (
    "from tasks.release.registry import Registry; from tasks.settings import load_settings; Registry(load_settings())"
)


@pytest.mark.usefixtures("project")
def test_two_homes_that_make_the_tables_of_one_registry_at_once_wait_for_one_another(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_MLFLOW", database.new())
    homes = [{**os.environ, "PERENNIAL_HOME": str(tmp_path / name)} for name in "ab"]
    made = [subprocess.Popen([sys.executable, "-c", REGISTRY], env=home, stderr=subprocess.PIPE) for home in homes]

    assert [(one.communicate()[1][-500:], one.returncode)[1] for one in made] == [0, 0]


@pytest.mark.parametrize("variable", ["PERENNIAL_LEDGER", "PERENNIAL_MLFLOW", "PERENNIAL_PREFECT_DATABASE"])
@pytest.mark.usefixtures("scheduled")
def test_a_database_that_is_not_there_is_told_before_anything_is_started(
    variable: str, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, database.new() + "x")
    command = [sys.executable, "-m", "deployments.cli", "up"]
    found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (2, "", 1)
    assert f"{variable}: the database that it names cannot be used: " in found.stderr
    assert "does not exist" in found.stderr
    assert PASSWORD not in found.stderr
    assert not (tmp_path / "home" / "logs").exists()
