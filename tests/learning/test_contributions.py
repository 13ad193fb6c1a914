"""What each feature adds to a model's score for a row."""

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning import estimator
from tasks.learning.baseline import BaselineSpec
from tasks.learning.contributions import by_permutation
from tasks.learning.problem import Problem
from tasks.spec import LightGBMSpec, LinearSpec, NetworkSpec
from tests.learning.extras import needs_torch

NAMES, LEVELS = ("a", "gaps", "level", "nothing"), (0, 0, 5, 0)
CLASSES = {"binary": (False, True), "multiclass": ("low", "middle", "high", "never"), "regression": ()}
KINDS = [
    BaselineSpec(),
    LinearSpec(kind="linear"),
    LightGBMSpec(kind="lightgbm", rounds=20, leaves=7),
    pytest.param(NetworkSpec(kind="network", width=16, epochs=2, batch_rows=64, device="cpu"), marks=needs_torch),
]


def rows(count, task, seed=1):
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 4)).astype(np.float32)
    values[:, 2] = random.integers(0, 5, count)
    values[:, 3] = 1
    score = 2 * values[:, 0] + values[:, 1] * (values[:, 2] == 1) + 0.3 * random.normal(size=count)
    values[random.random(count) < 0.2, 1] = np.nan
    labels = score if task == "regression" else np.digitize(score, [0.5] if task == "binary" else [-0.5, 1])
    return Labelled(FeatureMatrix(values, NAMES, LEVELS), labels.astype(np.float64))


def explained(candidate, task):
    problem = Problem(task, Target("t", CLASSES[task]), 3, 1)
    model = estimator.fit(candidate, rows(800, task), rows(400, task, 2), problem)
    asked, usual = rows(6, task, 4).matrix, rows(100, task, 5).matrix
    return model.predict(asked), model.contributions(asked, usual)


def answers(task, scores):
    if task == "regression":
        return scores[:, 0]
    if task == "binary":
        return 1 / (1 + np.exp(-scores[:, 0]))
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("task", CLASSES)
@pytest.mark.parametrize("candidate", KINDS[1:], ids=["linear", "lightgbm", "network"])
def test_base_and_contributions_add_up_to_the_score_that_is_predicted(candidate, task):
    predicted, found = explained(candidate, task)

    scores = found.base + found.amounts.sum(axis=1)

    assert found.amounts.shape == (6, 4, {"multiclass": 4}.get(task, 1))
    np.testing.assert_allclose(answers(task, scores), predicted, atol=1e-6)


@pytest.mark.parametrize("candidate", KINDS[1:], ids=["linear", "lightgbm", "network"])
def test_a_feature_that_never_changes_adds_nothing(candidate):
    assert np.abs(explained(candidate, "binary")[1].amounts[:, 3]).max() < 1e-12


def test_the_baseline_has_an_answer_and_no_contributions():
    predicted, found = explained(BaselineSpec(), "regression")

    np.testing.assert_array_equal(found.base, predicted[:1])
    assert not found.amounts.any()


def test_estimates_are_the_shapley_values_of_a_product_and_a_sum():
    """Of x·y, from a usual 0: each of the two has half; of z, its own value."""
    matrix = FeatureMatrix(np.array([[2, 3, 5]], dtype=np.float32), ("x", "y", "z"), (0, 0, 0))
    usual = FeatureMatrix(np.zeros((4, 3), dtype=np.float32), ("x", "y", "z"), (0, 0, 0))

    def score(m):
        return m.values[:, [0]].astype(np.float64) * m.values[:, [1]] + m.values[:, [2]]

    found = by_permutation(score, matrix, usual)

    np.testing.assert_allclose(found.amounts[0, :, 0], [3, 3, 5])
    assert "200 random orders" in found.method


def test_what_an_estimate_costs_is_bounded_for_any_number_of_features():
    asked = []
    wide = FeatureMatrix(np.ones((6, 900), dtype=np.float32), tuple(f"f{n}" for n in range(900)), (0,) * 900)

    def score(m):
        asked.append(len(m))
        return m.values[:, [0]].astype(np.float64)

    by_permutation(score, wide, wide)

    assert sum(asked) < 50_000
