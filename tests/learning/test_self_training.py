"""Rows without a label that a model is sure of."""

from collections.abc import Callable

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled, Target
from tasks.learning.calibrated import Calibrated
from tasks.learning.estimator import fit
from tasks.learning.linear import Linear
from tasks.learning.problem import Problem
from tasks.learning.self_training import self_trained
from tasks.spec import LinearSpec, SelfTrainingSpec

RULES = SelfTrainingSpec(threshold=0.9, rounds=3)
Fit = Callable[[Labelled], Callable[[FeatureMatrix], FloatArray]]


def rows(values: list[float], labels: list[float], ages: list[int] | None = None) -> Labelled:
    matrix = FeatureMatrix(np.array(values, dtype=np.float32)[:, None], ("x",), (0,))
    return Labelled(matrix, np.array(labels), ages=None if ages is None else np.array(ages))


def without(values: list[float], ages: list[int] | None = None) -> Labelled:
    return rows(values, [np.nan] * len(values), ages)


def says_the_value(_: Labelled) -> Callable[[FeatureMatrix], FloatArray]:
    """A model that gives each row's own value for its probability."""
    return lambda matrix: matrix.values[:, 0].astype(np.float64)


def test_rows_that_the_model_is_sure_of_are_added_and_count_by_its_probability() -> None:
    found = self_trained(rows([0.3], [1]), without([0.5, 0.96, 0.02]), RULES, says_the_value)

    assert found.matrix.values[:, 0].tolist() == pytest.approx([0.3, 0.96, 0.02])
    assert found.labels.tolist() == [1, 1, 0]
    assert found.weights is not None
    assert found.weights.tolist() == pytest.approx([1, 0.96, 0.98])


def test_of_several_classes_the_likeliest_is_taken() -> None:
    def thirds(_: Labelled) -> Callable[[FeatureMatrix], FloatArray]:
        return lambda matrix: np.array([[0.02, 0.03, 0.95], [0.3, 0.3, 0.4]])[: len(matrix)]

    assert self_trained(rows([0], [1]), without([5, 6]), RULES, thirds).labels.tolist() == [1, 2]


def test_each_round_gives_labels_anew_and_the_last_is_the_one_that_changes_nothing() -> None:
    fitted_on: list[int] = []

    def grows(train: Labelled) -> Callable[[FeatureMatrix], FloatArray]:
        fitted_on.append(len(train))
        return lambda matrix: np.where(matrix.values[:, 0] < len(train), 1.0, 0.5)

    found = self_trained(rows([0], [1]), without([0.5, 1.5, 9]), SelfTrainingSpec(threshold=0.9, rounds=10), grows)

    assert fitted_on == [1, 2, 3]
    assert found.matrix.values[:, 0].tolist() == [0, 0.5, 1.5]
    assert len(self_trained(rows([0], [1]), without([0.5, 1.5]), SelfTrainingSpec(threshold=0.9, rounds=1), grows)) == 2


def test_no_more_than_the_stretch_of_time_of_train_is_learned_from_and_its_weights_count() -> None:
    train = rows([0.2, 0.3], [1, 0], ages=[10, 30]).weighted(np.array([1.0, 0.5]))
    found = self_trained(train, without([0.95, 0.95, 0.95], ages=[5, 20, 31]), RULES, says_the_value)

    assert found.weights is not None
    assert found.weights.tolist() == pytest.approx([1, 0.5, 0.95, 0.95 * 0.75], rel=1e-6)
    assert found.ages is not None
    assert found.ages.tolist() == [10, 30, 5, 20]


def test_without_such_rows_it_is_as_if_nobody_had_asked() -> None:
    train = rows([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    asked = LinearSpec(kind="linear", calibrate="sigmoid", self_training=RULES)
    models = [
        fit(asked, train, train, Problem("binary", Target("y", (False, True)), 0, 1, unlabelled=pool))
        for pool in (None, without([]), without([0.0, 1.0]))
    ]
    lines = [
        model.model.intercept for model in models if isinstance(model, Calibrated) and isinstance(model.model, Linear)
    ]

    assert lines[0] == lines[1]
    assert len(lines) == 3


def test_a_kind_learns_from_them() -> None:
    random = np.random.default_rng(1)
    labels = (random.random(3000) < 0.5) * 1.0
    values = (random.normal(size=3000) + 4 * (labels - 0.5)).astype(np.float32).tolist()
    train, validation = rows(values[:20], labels[:20].tolist()), rows(values[20:520], labels[20:520].tolist())
    problem = Problem("binary", Target("y", (False, True)), 0, 1, unlabelled=without(values[520:]))

    def slope(**keys: object) -> float:
        model = fit(
            LinearSpec.model_validate({"kind": "linear", "calibrate": "sigmoid", **keys}), train, validation, problem
        )
        assert isinstance(model, Calibrated)
        assert isinstance(model.model, Linear)
        return abs(float(model.model.terms[0].coefficients[0, 0]))

    assert slope(self_training={"threshold": 0.95}) > 1.5 * slope()
