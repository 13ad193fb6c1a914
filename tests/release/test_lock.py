import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.errors import ModelBusy
from tasks.release.lock import sole_training

HOLD = """
import sys, time
from pathlib import Path
from tasks.release.lock import sole_training
with sole_training("returns", Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the model's lock."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_training_is_refused_with_the_process_that_holds_the_model(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    message = rf"returns is being trained already, by process {holder.pid} since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC"

    with pytest.raises(ModelBusy, match=message), sole_training("returns", tmp_path):
        raise AssertionError


def test_who_was_refused_leaves_the_holder_s_name_in_place(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    for _ in range(2):
        with pytest.raises(ModelBusy, match=f"process {holder.pid} "), sole_training("returns", tmp_path):
            raise AssertionError


def test_a_killed_holder_lets_go(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()

    with sole_training("returns", tmp_path):
        assert re.match(rf"process {os.getpid()} since", (tmp_path / "training.lock").read_text())


def test_a_training_that_breaks_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), sole_training("returns", tmp_path):
        raise ZeroDivisionError

    with sole_training("returns", tmp_path):
        pass


def test_two_models_may_be_trained_at_once(tmp_path: Path) -> None:
    with sole_training("returns", tmp_path / "returns"), sole_training("flights", tmp_path / "flights"):
        pass
