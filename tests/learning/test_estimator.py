"""What every kind of model does, for every task."""

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import ArtifactDamaged, SpecError
from tasks.learning.baseline import BaselineSpec
from tasks.learning.estimator import fit, load, require
from tasks.learning.problem import Problem
from tasks.metrics import evaluate
from tasks.spec import CandidateSpec, LastValueSpec, LightGBMSpec, LinearSpec, NetworkSpec, SeasonalSpec
from tests.learning.extras import needs_torch

CANDIDATES: dict[str, CandidateSpec | BaselineSpec] = {
    "baseline": BaselineSpec(),
    "last_value": LastValueSpec(kind="last_value", by=["category", "absent"], rows=50),
    "seasonal": SeasonalSpec(kind="seasonal", by=["category"]),
    "linear": LinearSpec(kind="linear"),
    "lightgbm": LightGBMSpec(kind="lightgbm", rounds=20),
    "network": NetworkSpec(kind="network", width=32, epochs=15, device="cpu"),
}
CLASSES = {"binary": (False, True), "multiclass": ("early", "on time", "late"), "regression": ()}
TASKS = pytest.mark.parametrize("task", CLASSES)
NETWORK = pytest.param("network", marks=needs_torch)
KINDS = pytest.mark.parametrize("kind", ["baseline", "last_value", "seasonal", "linear", "lightgbm", NETWORK])


def problem(task, *, threads=1):
    return Problem(task, Target("t", CLASSES[task]), seed=3, threads=threads)


def rows(task, count, seed):
    """Two numbers, the second one sometimes missing, a category, and two features that say nothing."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 5)).astype(np.float32)
    values[:, 2] = random.integers(0, 4, count)
    score = values[:, 0] + (values[:, 2] == 1) + 0.3 * random.normal(size=count)
    values[random.random(count) < 0.2, 1] = np.nan
    values[:, 3], values[:, 4] = 8.1, np.nan
    cuts = {"binary": [0.3], "multiclass": [-0.5, 1]}
    labels = score if task == "regression" else np.digitize(score, cuts[task])
    matrix = FeatureMatrix(values, ("number", "gaps", "category", "constant", "absent"), (0, 0, 4, 0, 0))
    return Labelled(matrix, labels.astype(np.float64))


def fitted(kind, task, *, threads=1):
    return fit(CANDIDATES[kind], rows(task, 600, 1), rows(task, 300, 2), problem(task, threads=threads))


def saved(model, folder):
    folder.mkdir()
    model.save(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@TASKS
@KINDS
def test_a_saved_model_predicts_bit_for_bit_what_it_did_before(kind, task, tmp_path):
    model, new = fitted(kind, task), rows(task, 200, 3).matrix
    model.save(tmp_path)
    again = load(kind, tmp_path)
    assert again.kind == kind
    assert again.importance() == model.importance()
    np.testing.assert_array_equal(again.predict(new), model.predict(new))


@TASKS
@KINDS
def test_a_model_is_saved_as_text_and_arrays_and_the_same_way_twice(kind, task, tmp_path):
    first, second = saved(fitted(kind, task), tmp_path / "a"), saved(fitted(kind, task), tmp_path / "b")
    assert first == second
    for name, content in first.items():
        assert name.endswith((".json", ".txt", ".npy"))
        assert content.startswith(b"\x93NUMPY") if name.endswith(".npy") else content.decode("utf-8")


@TASKS
@KINDS
def test_predictions_have_the_shape_that_metrics_read(kind, task):
    held = rows(task, 50, 3)
    predictions = fitted(kind, task).predict(held.matrix)
    assert predictions.dtype == np.float64
    assert predictions.shape == ((50, 3) if task == "multiclass" else (50,))
    assert np.isfinite(list(evaluate(task, held.labels, predictions).values())).all()


@TASKS
@KINDS
def test_missing_values_and_unseen_categories_are_predicted_too(kind, task):
    nothing_known = FeatureMatrix(
        np.full((3, 5), np.nan, dtype=np.float32),
        ("number", "gaps", "category", "constant", "absent"),
        (0, 0, 4, 0, 0),
    )
    assert np.isfinite(fitted(kind, task).predict(nothing_known)).all()


@TASKS
@pytest.mark.parametrize("kind", ["linear", "lightgbm", NETWORK])
def test_importance_ranks_the_features_that_matter_first(kind, task):
    importance = fitted(kind, task).importance()
    assert list(importance)[:2] == ["number", "category"]
    assert sum(importance.values()) == pytest.approx(1)
    assert importance["constant"] == pytest.approx(0, abs=1e-12)


@KINDS
def test_a_class_that_train_did_not_have_is_given_no_chance(kind):
    train, validation = rows("multiclass", 600, 1), rows("multiclass", 300, 2)
    two = np.flatnonzero(train.labels != 1)
    model = fit(
        CANDIDATES[kind], Labelled(train.matrix.rows(two), train.labels[two]), validation, problem("multiclass")
    )
    predictions = model.predict(validation.matrix)
    np.testing.assert_allclose(predictions.sum(axis=1), 1)
    assert predictions[:, 1].max() < 1e-6


def test_an_unknown_kind_is_refused_with_the_kinds_that_can_be_read(tmp_path):
    with pytest.raises(
        ArtifactDamaged,
        match=r"kind 'forest'; this version reads baseline, last_value, seasonal, linear, lightgbm, network, own, isolation_forest",
    ):
        load("forest", tmp_path)


def test_a_kind_that_needs_validation_to_stop_is_refused_with_refit_before_anything_is_trained(spec):
    network = NetworkSpec(kind="network")
    window = spec.window.model_copy(update={"refit": True})
    with pytest.raises(SpecError, match=r"candidates\[0\]: .*window.refit: found a candidate of kind 'network'"):
        require(spec.model_copy(update={"candidates": [network], "window": window}))
