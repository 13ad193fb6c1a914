"""A search that is killed with SIGKILL at ten random moments comes to what an unbroken one does."""

import signal
import subprocess
import sys
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.studies import Shelf
from tasks.learning.training import Given, train
from tasks.spec import read_spec
from tests.learning.extras import needs_torch

KILLS = 10
CANDIDATES = {
    "lightgbm": [{"kind": "lightgbm", "min_leaf_rows": 400}],
    "network": [
        {"kind": "network", "width": 32, "epochs": 12, "patience": 12, "device": "cpu"},
        {"kind": "lightgbm", "rounds": 3, "leaves": 3},
    ],
}
"""By the kind that is chosen, so that its bytes are compared."""
ROOT = Path(__file__).parents[2]


def rows(seed: int, count: int) -> Labelled:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(count, 6)).astype(np.float32)
    labels = values[:, 0] * values[:, 1] + np.sin(3 * values[:, 2]) + 0.3 * draw.normal(size=count)
    return Labelled(FeatureMatrix(values, tuple("abcdef"), (0,) * 6), labels.astype(np.float64))


def tune(kind: str, folder: Path) -> None:
    """Train with a search, and write the model into ``folder``."""
    spec = read_spec(
        {
            "model": "trains",
            "owner": "operations",
            "task": "regression",
            "source": {"uri": "trains.csv", "timestamp": "time", "key": ["id"], "target": "y"},
            "window": {"validation": "7d", "holdout": "7d"},
            "candidates": CANDIDATES[kind],
            "tuning": {"trials": 16, "patience": 100},
            "gate": {"metric": "rmse"},
        },
        "trains.toml",
    )
    shelf = Shelf(folder / "studies", "the same")
    trained = train(spec, rows(1, 6000), rows(2, 2000), target=Target("y"), threads=1, given=Given(shelf=shelf))
    assert trained.chosen.kind == kind
    (folder / "model").mkdir()
    trained.chosen.save(folder / "model")


@pytest.mark.drill
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["lightgbm", pytest.param("network", marks=needs_torch)])
def test_a_search_that_is_killed_anywhere_comes_to_the_same_model(kind: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for place in (whole, broken):
        place.mkdir()
    tune(kind, whole)
    kills = 0
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, __file__, kind, str(broken)], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        ) as child:
            try:
                child.wait(timeout=draw.uniform(2, 5))
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                kills += 1
    rmtree(broken / "model", ignore_errors=True)
    tune(kind, broken)

    assert kills >= KILLS // 2
    assert written(broken) == written(whole)


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "model").iterdir()}


if __name__ == "__main__":
    tune(sys.argv[1], Path(sys.argv[2]))
