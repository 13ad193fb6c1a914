from pathlib import Path

import numpy as np
import pytest

from tasks.errors import ArtifactDamaged
from tasks.release.inspection import inspect_artifact
from tasks.release.versions import Training


def test_an_artifact_has_a_cost(training: Training) -> None:
    cost = inspect_artifact(training.artifact)

    assert 0 < cost.batch_us < 1000 * cost.latency_ms
    assert cost.megabytes == training.artifact.bytes / 1e6


def test_one_that_predicts_otherwise_is_not_measured_but_refused(training: Training) -> None:
    sample = Path(training.artifact.uri) / "sample.npy"
    np.save(sample, np.load(sample) + 0.5)

    with pytest.raises(ArtifactDamaged, match=r"sample\.npy: found"):
        inspect_artifact(training.artifact)
