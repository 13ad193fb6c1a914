"""Gradient boosted trees."""

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.gbm.fitting import fit
from tasks.learning.problem import Problem
from tasks.spec import LightGBMSpec

NAMES = ("signal", 'odd name [x, "y"]', "noise")
SPEC = LightGBMSpec(kind="lightgbm", rounds=300, patience=5)


def rows(count, seed):
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 3)).astype(np.float32)
    values[:, 1] = random.integers(0, 12, count)
    chance = 1 / (1 + np.exp(-values[:, 0] - (values[:, 1] % 3)))
    labels = (random.random(count) < chance).astype(np.float64)
    return Labelled(FeatureMatrix(values, NAMES, (0, 12, 0)), labels)


def fitted(threads=1, spec=SPEC, train=rows(2000, 1)):  # noqa: B008 - never changed
    return fit(spec, train, rows(1000, 2), Problem("binary", Target("t", (0, 1)), 5, threads))


def test_the_saved_text_is_the_same_for_any_number_of_threads():
    assert fitted(threads=1).text == fitted(threads=2).text


def test_only_the_rounds_up_to_the_best_are_kept():
    model = fitted()
    rounds = model.booster.num_trees()
    best = fitted(spec=SPEC.model_copy(update={"rounds": rounds, "patience": 1000}))
    assert 5 < rounds < 100
    assert model.booster.num_trees() == best.booster.num_trees()
    np.testing.assert_array_equal(model.predict(rows(50, 3).matrix), best.predict(rows(50, 3).matrix))


def test_a_feature_may_have_a_name_that_lightgbm_refuses():
    assert set(fitted().importance()) == set(NAMES)


def test_a_category_is_not_taken_for_a_number():
    assert "num_cat=0" not in fitted().text.split("Tree=1")[0]


def test_too_few_rows_for_a_split_give_the_share_of_the_positive():
    few = rows(15, 1)
    model = fitted(train=few)
    np.testing.assert_allclose(model.predict(few.matrix), few.labels.mean())
    assert model.importance() == {}


def test_another_seed_is_passed_on():
    other = fit(SPEC, rows(2000, 1), rows(1000, 2), Problem("binary", Target("t", (0, 1)), 6, 1))
    assert "[seed: 6]" in other.text


@pytest.mark.parametrize(("task", "classes"), [("regression", ()), ("multiclass", ("a", "b"))])
def test_other_tasks_are_learned_by_their_own_loss(task, classes):
    model = fit(SPEC, rows(500, 1), rows(500, 2), Problem(task, Target("t", classes), 5, 1))
    assert f"objective={task}" in model.text
