"""A training that is killed leaves nothing that the next one minds."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.training import run_training
from tasks.data.window import read_time
from tasks.release.proposing import Trained
from tasks.settings import Settings

pytestmark = [pytest.mark.server, pytest.mark.drill, pytest.mark.usefixtures("project"), pytest.mark.timeout(300)]
AS_OF = "2024-03-01"
TRAIN = [str(Path(sys.executable).parent / "perennial"), "train", "returns", "--as-of", AS_OF]


def train_and_kill(api: str, *, after: str) -> None:
    """Kill a training as soon as it says that it has done a step."""
    environment = {**os.environ, "PREFECT_API_URL": api}
    with subprocess.Popen(TRAIN, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        assert any(after in line for line in process.stderr)
        process.kill()
    assert process.returncode == -9


def digests(trained: Trained) -> tuple[str, str, str, str]:
    lineage = trained.lineage
    return lineage.raw.digest, lineage.rows.digest, lineage.quarantined.digest, trained.artifact.digest


@pytest.fixture(autouse=True)
def _server(prefect_api: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: prefect_api}):
        yield


def test_a_training_after_killed_ones_gives_what_an_undisturbed_one_gives(prefect_api: str, settings: Settings) -> None:
    undisturbed = run_training("returns", "manual", read_time(AS_OF))

    for step in ("read 3,000 rows", "train on", "judged: "):
        train_and_kill(prefect_api, after=step)
    (settings.of("returns") / "raw" / "of-a-dead-writer.unfinished").write_bytes(b"half")
    again = run_training("returns", "manual", read_time(AS_OF))

    assert again.version is not None
    assert again.version.number == 2  # no number is used twice: the killed ones made no version
    assert digests(again) == digests(undisturbed)
    assert again.verdict.challenger_metrics == undisturbed.verdict.challenger_metrics
    assert not list(settings.home.rglob("*.unfinished"))
