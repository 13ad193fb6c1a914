"""A fit in a process of its own, for tests to kill: ``python -m tests.learning.killing KIND FOLDER [EFFECT]``.

It writes the model's digest into ``FOLDER/digest``, if it comes so far. Checkpoints lie in ``FOLDER/checkpoints``, one
after every step. With EFFECT it kills itself before its so many'th rename, which is that of a checkpoint.
"""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.checkpoints import Checkpoints
from tasks.learning.estimator import Fitted, fit
from tasks.learning.problem import Problem
from tasks.spec import CandidateSpec, LightGBMSpec, NetworkSpec

CANDIDATES: dict[str, CandidateSpec] = {
    "lightgbm": LightGBMSpec(kind="lightgbm", rounds=300, learning_rate=0.02, patience=300),
    "network": NetworkSpec(kind="network", epochs=16, batch_rows=256, width=32, device="cpu"),
}
ROOT = Path(__file__).parents[2]


def rows(count: int, seed: int) -> Labelled:
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 4)).astype(np.float32)
    values[:, 3] = random.integers(0, 12, count)
    values[random.random(count) < 0.1, 1] = np.nan
    chance = 1 / (1 + np.exp(-values[:, 0] * np.nan_to_num(values[:, 1]) - (values[:, 3] % 3) + 1))
    labels = (random.random(count) < chance).astype(np.float64)
    return Labelled(FeatureMatrix(values, ("a", "b", "c", "d"), (0, 0, 0, 12)), labels)


def fitted(kind: str, checkpoints: Checkpoints | None) -> Fitted:
    problem = Problem("binary", Target("t", (0, 1)), 5, 1, checkpoints)
    return fit(CANDIDATES[kind], rows(3000, 1), rows(1000, 2), problem)


def digest(model: Fitted) -> str:
    with TemporaryDirectory() as folder:
        model.save(Path(folder))
        return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(folder).iterdir()))).hexdigest()


def start(kind: str, folder: Path, *effect: str) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "tests.learning.killing", kind, str(folder), *effect]
    return subprocess.Popen(words, cwd=ROOT)


def _die_before(effect: int) -> None:
    left = effect

    def about_to(event: str, _: object) -> None:  # Python tells of an effect before it has it
        nonlocal left
        if event == "os.rename":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(about_to)


def main() -> None:
    kind, folder, *effect = sys.argv[1:]
    for number in effect:
        _die_before(int(number))
    found = digest(fitted(kind, Checkpoints(Path(folder) / "checkpoints", seconds=0)))
    (Path(folder) / "digest").write_text(found)


if __name__ == "__main__":
    main()
