import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tasks.errors import ArtifactDamaged, RegistryError
from tasks.release.registrar import Registrar
from tasks.release.versions import Training
from tasks.settings import Settings

PARENT = """
import sys, time
import flows.training
from tasks.release.run import open_training
with open_training("returns", "manual", None) as run:
    assert run.registrar.follow("returns").now is None
    print("mlflow" in sys.modules, run.registrar._process.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def registrar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrar]:
    """One process for all tests: it takes seconds to start."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_HOME", str(home))
        patch.setenv("PERENNIAL_PROJECT", str(home))
        opened = Registrar(Settings(home, home, 1, None))
    with opened:
        yield opened


def test_a_training_goes_to_the_other_process_and_comes_back_as_a_version(
    registrar: Registrar, training: Training
) -> None:
    assert registrar.follow("returns").now is None

    made = registrar.record(training).version

    assert made is not None
    assert made == registrar.version("returns", made.number)
    assert made.lineage == training.lineage
    assert made.artifact.digest == training.artifact.digest
    assert registrar.record(replace(training, promotable=False)).version is None


def test_an_artifact_is_inspected_over_there_while_something_else_goes_on_here(
    registrar: Registrar, training: Training
) -> None:
    with registrar.inspecting(training.artifact) as cost:
        busy = sum(range(1000))
        assert cost().latency_ms > 0
    assert busy
    assert registrar.record(training).version is not None


def test_a_refusal_comes_back_as_the_error_that_it_was(registrar: Registrar, training: Training) -> None:
    (Path(training.artifact.uri) / "sample.npy").unlink()

    with pytest.raises(ArtifactDamaged, match=r"sample\.npy: found nothing there"):
        registrar.record(training)
    assert registrar.follow("returns").now is None


def test_an_error_that_nobody_foresaw_names_the_log_and_does_not_end_the_process(
    registrar: Registrar, training: Training
) -> None:
    impossible = replace(training, metrics={"a name: with *": 1.0})

    with pytest.raises(RegistryError, match=r"MlflowException: Invalid value.*registrar\.log"):
        registrar.record(impossible)
    assert registrar.follow("returns").now is None


def test_a_registrar_that_died_is_an_error_that_names_its_log(settings: Settings) -> None:
    dead = r"the registry's process ended; see .*registrar\.log"

    with Registrar(settings) as registrar:
        registrar._process.kill()
        registrar._process.wait()
        with pytest.raises(RegistryError, match=dead):
            registrar.follow("returns")


def test_two_models_may_be_trained_for_the_first_time_at_once(settings: Settings) -> None:
    with Registrar(settings) as one, Registrar(settings) as other:
        assert one.follow("returns").now is None
        assert other.follow("flights").now is None


@pytest.mark.usefixtures("project")
def test_the_training_process_never_imports_mlflow_and_its_registrar_dies_with_it() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        imported, child = parent.stdout.readline().split()
        os.kill(parent.pid, signal.SIGKILL)

    assert imported == "False"
    assert ended(int(child), within=5)


def ended(pid: int, *, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        # A process whose parent is gone stays a zombie where nobody collects it, as in a container.
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False
