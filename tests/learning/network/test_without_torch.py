"""Where torch is not installed, a network predicts, and to fit one is refused in one line."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks.errors import SpecError
from tasks.learning.network import machine
from tasks.release.run import open_training
from tasks.settings import Settings
from tests.learning.network.test_exact import ROOT, matrix, network

HIDDEN = """
import sys

class Hidden:
    def __init__(self, finder):
        self._finder = finder
    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] == "torch" else self._finder.find_spec(name, path, target)
    def __getattr__(self, name):
        return getattr(self._finder, name)

sys.meta_path = [Hidden(finder) for finder in sys.meta_path]
"""
PREDICT = """
from pathlib import Path
import numpy as np
from tasks.learning.estimator import load
from tests.learning.network.test_exact import matrix
np.save(Path(sys.argv[1]) / "found.npy", load("network", Path(sys.argv[1])).predict(matrix(300)))
"""
MISSING = 'deployments/returns.toml: candidates[2]: kind = "network" needs torch, which is not installed'
PERENNIAL = "from deployments.cli import main\nmain()"


def without_torch(code: str, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", HIDDEN + code, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_saved_network_predicts_the_same(tmp_path: Path) -> None:
    network("binary").save(tmp_path)
    ran = without_torch(PREDICT, str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), network("binary").predict(matrix(300)))


@pytest.fixture
def asked(project: Path) -> None:
    """The small project's spec asks for a network."""
    spec = project / "deployments" / "returns.toml"
    spec.write_text(spec.read_text().replace("[gate]\n", '[[candidates]]\nkind = "network"\n\n[gate]\n'))


@pytest.mark.usefixtures("asked")
def test_a_check_says_so_in_one_line_that_names_file_candidate_and_extra() -> None:
    ran = without_torch(PERENNIAL, "check", "returns", "--as-of", "2024-03-01")
    assert ran.returncode == 2, ran.stderr
    assert f"{MISSING}: pip install 'perennial[torch]'" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.usefixtures("asked")
def test_a_training_is_refused_before_a_row_is_read(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda _: None)
    with pytest.raises(SpecError, match=re.escape(MISSING)), open_training("returns", "manual", None):
        pass
    assert not settings.of("returns").exists()
