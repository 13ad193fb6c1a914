"""Classes weighed alike, and probabilities that come true all the same."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.learning.imbalance import draw, off
from tasks.data.matrix import Labelled, Target
from tasks.learning.balance import class_weights, weighted
from tasks.learning.baseline import BaselineSpec
from tasks.learning.calibrated import Calibrated, calibrated, crossed
from tasks.learning.estimator import fit, fit_again, load, predict_validation
from tasks.learning.gbm.model import Trees
from tasks.learning.problem import Problem
from tasks.metrics import evaluate
from tasks.spec import LightGBMSpec, LinearSpec, NetworkSpec
from tests.learning.extras import needs_torch

RARE = Problem("binary", Target("rare", (False, True)), seed=1, threads=1)
THREE = Problem("multiclass", Target("size", ("s", "m", "l")), seed=1, threads=1)
METHODS = pytest.mark.parametrize("method", ["sigmoid", "isotonic"])


@pytest.fixture(scope="module")
def parts() -> tuple[Labelled, Labelled, Labelled]:
    random = np.random.default_rng(5)
    return draw(random, 8000), draw(random, 4000), draw(random, 8000)


def three(rows: Labelled) -> Labelled:
    """The same rows with three classes, of which the last is rare."""
    middle = (rows.matrix.values[:, 0] > 0.5) * 1.0
    return replace(rows, labels=np.where(rows.labels == 1, 2.0, middle))


def trees(**keys: object) -> LightGBMSpec:
    return LightGBMSpec.model_validate({"kind": "lightgbm", "rounds": 60, **keys})


def test_a_class_weighs_as_much_as_any_other_and_all_rows_together_as_much_as_before(parts) -> None:
    train = parts[0].weighted(np.linspace(0.5, 1.5, 8000))
    both = weighted(train, class_weights(train, RARE))

    assert both.weights is not None
    assert train.weights is not None
    assert both.weights[both.labels == 1].sum() == pytest.approx(both.weights[both.labels == 0].sum())
    assert both.weights.sum() == pytest.approx(train.weights.sum())


@METHODS
def test_weighted_trees_say_what_comes_true_once_they_are_calibrated(parts, method) -> None:
    train, validation, held = parts
    made = fit(trees(class_weight="balanced", calibrate=method), train, validation, RARE)
    assert isinstance(made, Calibrated)
    before, after = made.model.predict(held.matrix), made.predict(held.matrix)

    assert before.mean() > 0.1, "weights make the rare class look likely"
    assert after.mean() == pytest.approx(held.labels.mean(), abs=0.003)
    assert off(held.labels, after) < 0.006 < off(held.labels, before) / 10


def test_rounds_are_stopped_by_the_loss_that_the_weights_ask_for(parts) -> None:
    made = fit(trees(class_weight="balanced", calibrate="sigmoid", learning_rate=0.02), parts[0], parts[1], RARE)

    assert isinstance(made, Calibrated)
    assert isinstance(made.model, Trees)
    assert made.model.rounds > 10, "by the plain loss no tree is better than none"


@METHODS
def test_it_is_saved_as_text_with_the_model_behind_and_loaded_bit_for_bit(parts, method, tmp_path: Path) -> None:
    train, validation, held = parts
    made = fit(trees(calibrate=method), train, validation, RARE)
    made.save(tmp_path)
    again = load("calibrated", tmp_path)

    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["calibrated.json", "lightgbm.json", "lightgbm.txt"]
    assert json.loads((tmp_path / "calibrated.json").read_text())["kind"] == "lightgbm"
    np.testing.assert_array_equal(again.predict(held.matrix), made.predict(held.matrix))
    assert again.importance() == made.importance() != {}


@METHODS
def test_several_classes_are_calibrated_each_and_sum_to_one(parts, method) -> None:
    train, validation, held = map(three, parts)
    made = fit(LinearSpec(kind="linear", class_weight="balanced", calibrate=method), train, validation, THREE)
    assert isinstance(made, Calibrated)
    before, after = made.model.predict(held.matrix), made.predict(held.matrix)

    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert abs(after[:, 2].mean() - (held.labels == 2).mean()) < 0.006 < before[:, 2].mean() / 20
    losses = [evaluate("multiclass", held.labels, said)["log_loss"] for said in (before, after)]
    assert losses[1] < losses[0]


@needs_torch
def test_a_network_is_weighed_and_calibrated_too(parts) -> None:
    train, validation, held = map(three, parts)
    asked = {"kind": "network", "width": 8, "epochs": 2, "device": "cpu"}
    asked |= {"class_weight": "balanced", "calibrate": "sigmoid"}
    made = fit(NetworkSpec.model_validate(asked), train, validation, THREE)

    assert isinstance(made, Calibrated)
    rare = [model.predict(held.matrix)[:, 2].mean() for model in (made.model, made)]
    assert rare[0] > 0.1, "ten times as likely as it is"
    assert rare[1] == pytest.approx((held.labels == 2).mean(), abs=0.006)


@METHODS
def test_a_class_that_validation_does_not_have_leaves_probabilities_finite(parts, method) -> None:
    train, validation = map(three, parts[:2])
    without = validation.part(validation.labels != 2)
    said = fit(LinearSpec(kind="linear", calibrate=method), train, without, THREE).predict(without.matrix)

    np.testing.assert_allclose(said.sum(axis=1), 1)
    assert 0 < said[:, 2].mean() < 0.01


@METHODS
def test_a_model_that_says_the_same_of_every_row_is_given_the_share_that_came_true(parts, method) -> None:
    rows = parts[1]
    constant = fit(BaselineSpec(), parts[0].part(parts[0].labels == 0), rows, RARE)
    said = calibrated(constant, rows, method).predict(rows.matrix)

    np.testing.assert_allclose(said, rows.labels.mean(), rtol=0.05)
    assert np.unique(said).size == 1


def test_a_sigmoid_changes_no_order_among_rows(parts) -> None:
    train, validation, held = parts
    made = fit(trees(class_weight="balanced", calibrate="sigmoid"), train, validation, RARE)
    assert isinstance(made, Calibrated)
    areas = [evaluate("binary", held.labels, said.predict(held.matrix))["roc_auc"] for said in (made, made.model)]

    assert areas[0] == pytest.approx(areas[1])


@METHODS
def test_a_candidate_is_chosen_by_curves_that_have_not_seen_the_row(parts, method) -> None:
    train, validation = parts[0], parts[1].part(np.arange(4000) < 800)
    # Labels that nothing says anything of: whatever a curve gains on the rows that it was fitted on is imagined.
    noise = replace(validation, labels=(np.random.default_rng(2).random(800) < 0.3) * 1.0)
    made = calibrated(fit(trees(), train, validation, RARE), noise, method)

    known, unknown = made.predict(noise.matrix), predict_validation(made, noise)

    np.testing.assert_array_equal(unknown, crossed(made, noise))
    losses = [evaluate("binary", noise.labels, said)["log_loss"] for said in (known, unknown)]
    entropy = evaluate("binary", noise.labels, np.full(800, noise.labels.mean()))["log_loss"]
    assert losses[0] < entropy < losses[1]


def test_fitted_again_it_keeps_its_curves(parts) -> None:
    train, validation, held = parts
    asked = trees(class_weight="balanced", calibrate="sigmoid")
    made = fit(asked, train, validation, RARE)
    again = fit_again(asked, made, held, RARE)

    assert isinstance(made, Calibrated)
    assert isinstance(again, Calibrated)
    assert again.curves == made.curves
    assert again.predict(validation.matrix).mean() == pytest.approx(held.labels.mean(), abs=0.005)
