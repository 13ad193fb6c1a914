"""A training that is killed leaves nothing that the next one minds."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("project")]
TRAIN = [str(Path(sys.executable).parent / "perennial"), "train", "returns", "--as-of", "2024-03-01", "--json"]


def train(api: str, home: Path) -> dict[str, Any]:
    found = subprocess.run(
        TRAIN, check=False, capture_output=True, text=True, env=variables(api, home), timeout=150
    )
    assert found.returncode == 0, found.stderr
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


def train_and_kill(api: str, home: Path, *, after: str) -> None:
    """Kill a training as soon as it says that it has done a step."""
    with subprocess.Popen(TRAIN, stderr=subprocess.PIPE, text=True, env=variables(api, home)) as process:
        assert process.stderr is not None
        assert any(after in line for line in process.stderr)
        process.kill()
    assert process.returncode == -9


def variables(api: str, home: Path) -> dict[str, str]:
    return {**os.environ, "PERENNIAL_HOME": str(home), "PREFECT_API_URL": api}


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, dict[str, Any]]:
    """What an undisturbed training gave, once there was one."""
    return {}


@pytest.mark.parametrize("moment", ["rows before", "train on", "on validation", "judged: "])
def test_a_training_after_a_killed_one_gives_what_an_undisturbed_one_gives(
    moment: str, prefect_api: str, tmp_path: Path, undisturbed: dict[str, dict[str, Any]]
) -> None:
    if not undisturbed:
        undisturbed["answer"] = train(prefect_api, tmp_path / "undisturbed")
    home = tmp_path / "home"

    train_and_kill(prefect_api, home, after=moment)
    (home / "models" / "returns" / "raw" / "of-a-dead-writer.unfinished").write_bytes(b"half")
    again = train(prefect_api, home)

    for digest in ("raw_snapshot", "snapshot", "artifact"):
        assert again[digest] == undisturbed["answer"][digest]
    assert again["version"] == 1
    assert not list(home.rglob("*.unfinished"))
