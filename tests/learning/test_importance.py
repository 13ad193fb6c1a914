"""How much of a model each feature carries."""

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.importance import permutation_shares
from tasks.learning.problem import Problem

VALUES = np.random.default_rng(1).normal(size=(5000, 3)).astype(np.float32)
ROWS = Labelled(
    FeatureMatrix(VALUES, ("much", "nothing", "little"), (0, 0, 0)),
    np.asarray(2.0 * VALUES[:, 0] + VALUES[:, 2], np.float64),
)


def found(rows=ROWS, seed=1):
    asked = []

    def predict(matrix):
        asked.append(len(matrix))
        return 2.0 * matrix.values[:, 0].astype(np.float64) + matrix.values[:, 2]

    return permutation_shares(predict, rows, Problem("regression", Target("t"), seed, 1)), asked


def test_shares_are_those_of_the_variance_that_a_feature_explains():
    importance, _ = found()
    assert list(importance) == ["much", "little", "nothing"]
    assert importance["much"] == pytest.approx(0.8, abs=0.03)
    assert importance["nothing"] == 0


def test_the_seed_decides_what_is_shuffled():
    assert found()[0] == found()[0] != found(seed=2)[0]


def test_what_it_costs_is_bounded_for_any_number_of_features():
    wide = FeatureMatrix(np.tile(VALUES, 30), tuple(f"f{n}" for n in range(90)), (0,) * 90)
    _, asked = found(Labelled(wide, ROWS.labels))
    assert len(asked) == 91
    assert sum(asked) < 45_000
