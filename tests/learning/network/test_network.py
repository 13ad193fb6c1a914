"""The network, as torch fits it."""

import hashlib
import logging
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import CandidateFailed, SpecError
from tasks.learning.linear import fit as fit_linear
from tasks.learning.network.fitting import fit
from tasks.learning.network.machine import has_gpu, prepare, require
from tasks.learning.problem import Problem
from tasks.metrics import evaluate
from tasks.spec import LinearSpec, NetworkSpec
from tests.learning.extras import needs_torch

pytestmark = needs_torch
NAMES, LEVELS = ("a", "b", "gaps", "constant", "level"), (0, 0, 0, 0, 6)
SPEC = NetworkSpec(kind="network", width=32, epochs=8, batch_rows=64, learning_rate=0.003, device="cpu")
CLASSES = {"binary": (False, True), "multiclass": ("low", "middle", "high"), "regression": ()}


def problem(task="binary", seed=3):
    return Problem(task, Target("t", CLASSES[task]), seed, 1)


def rows(count, seed, task="binary"):
    """What counts is a product: no sum of features tells it."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 5)).astype(np.float32)
    values[:, 3], values[:, 4] = 8.1, random.integers(0, 6, count)
    score = 2 * values[:, 0] * values[:, 1] + (values[:, 4] % 2) + 0.3 * random.normal(size=count)
    values[random.random(count) < 0.2, 2] = np.nan
    labels = score if task == "regression" else np.digitize(score, [0.5] if task == "binary" else [-0.5, 1])
    return Labelled(FeatureMatrix(values, NAMES, LEVELS), labels.astype(np.float64))


TRAIN, VALIDATION = rows(3000, 1), rows(1500, 2)


def fitted(spec=SPEC, train=TRAIN, validation=VALIDATION, seed=3, **changes):
    return fit(spec.model_copy(update=changes), train, validation, problem(seed=seed))


def digest(network):
    return hashlib.sha256(network.weights.tobytes()).hexdigest()


def test_it_learns_what_no_sum_of_features_tells():
    found = evaluate("binary", VALIDATION.labels, fitted().predict(VALIDATION.matrix))
    linear = fit_linear(LinearSpec(kind="linear"), TRAIN, VALIDATION, problem())
    assert (
        found["roc_auc"]
        > 0.9
        > 0.7
        > evaluate("binary", VALIDATION.labels, linear.predict(VALIDATION.matrix))["roc_auc"]
    )


def test_values_are_learned_in_any_unit():
    train, validation = rows(3000, 1, "regression"), rows(1500, 2, "regression")
    for unit in (1e-3, 1e6):
        there, held = (replace(part, labels=unit * part.labels + 5 * unit) for part in (train, validation))
        found = fit(SPEC, there, held, problem("regression")).predict(validation.matrix)
        assert evaluate("regression", held.labels, found)["r2"] > 0.8


def test_numpy_predicts_what_torch_does():
    import torch

    from tasks.learning.network import forward

    network = fitted()
    inputs = network.reader.read(VALIDATION.matrix)
    parameters = {name: torch.tensor(values) for name, values in network.shape.split(network.weights).items()}
    scores = forward.scores(network.shape, parameters, torch.tensor(inputs.numbers), torch.tensor(inputs.codes), None)
    np.testing.assert_allclose(network.predict(VALIDATION.matrix), torch.sigmoid(scores[:, 0]).numpy(), atol=2e-6)


def test_the_bytes_do_not_depend_on_the_threads_that_there_are():
    import torch

    wide = SPEC.model_copy(update={"epochs": 1, "width": 128, "batch_rows": 1024})  # large enough to be parted
    torch.set_num_threads(4)
    with threadpool_limits(4):
        first = digest(fitted(wide))
    with threadpool_limits(1):
        assert digest(fitted(wide)) == first


def test_another_seed_gives_another_network():
    assert digest(fitted(epochs=1, seed=3)) != digest(fitted(epochs=1, seed=4))


def test_the_epoch_that_was_best_on_validation_is_kept_and_patience_ends_it(monkeypatch):
    from tasks.learning.network.run import Run

    losses, judge = [], Run.judge

    def heard(run, judged):
        losses.append(judge(run, judged))
        return losses[-1]

    monkeypatch.setattr(Run, "judge", heard)
    noise = replace(TRAIN, labels=np.random.default_rng(5).permutation(TRAIN.labels))
    network = fitted(train=noise, epochs=50, patience=3, learning_rate=0.01, dropout=0.0)
    assert len(losses) == int(np.argmin(losses)) + 1 + 3 < 50
    found = evaluate("binary", VALIDATION.labels, network.predict(VALIDATION.matrix))["log_loss"]
    assert found == pytest.approx(min(losses), rel=1e-5)


def test_a_loss_that_is_not_finite_fails_with_the_key_to_lower():
    with pytest.raises(
        CandidateFailed, match=r"loss is not finite after epoch 1; learning_rate is 1e\+30: set a lower"
    ):
        fitted(learning_rate=1e30)


def test_a_loss_that_is_no_longer_finite_ends_it_with_what_was_best(monkeypatch, caplog):
    from tasks.learning.network.run import Run

    loss = Run._loss
    monkeypatch.setattr(Run, "_loss", lambda run, *rows: loss(run, *rows) * (np.nan if run.epoch == 2 else 1))
    caplog.set_level(logging.WARNING, "perennial")
    fitted()
    assert "the loss is not finite after epoch 3; kept are the weights of epoch 2" in caplog.text


def test_a_level_that_train_does_not_have_counts_as_the_average_of_those_it_has():
    network = fitted(epochs=1)
    embedding = network.shape.split(network.weights)["embedding.0"]
    counts = np.bincount(TRAIN.matrix.values[:, 4].astype(int), minlength=7)
    assert counts[6] == 0
    np.testing.assert_allclose(embedding[6], counts[:6] @ embedding[:6] / counts.sum(), atol=1e-6)


def test_what_never_varied_in_train_says_nothing_when_it_does():
    network = fitted(epochs=1)
    other = VALIDATION.matrix.values.copy()
    other[:, 3] = np.where(np.arange(len(other)) % 2, -70, np.nan)
    found = network.predict(replace(VALIDATION.matrix, values=other))
    np.testing.assert_array_equal(found, network.predict(VALIDATION.matrix))


def test_a_validation_of_other_classes_than_train_has_is_no_obstacle():
    train, validation = rows(600, 1, "multiclass"), rows(300, 2, "multiclass")
    low, high = np.flatnonzero(train.labels < 2), np.flatnonzero(validation.labels == 2)
    train = Labelled(train.matrix.rows(low), train.labels[low])
    judged = Labelled(validation.matrix.rows(high), validation.labels[high])
    found = fit(SPEC, train, judged, problem("multiclass")).predict(validation.matrix)
    np.testing.assert_array_equal(found[:, 2], 0)


def test_features_that_say_nothing_at_all_give_the_mean():
    nothing = Labelled(
        FeatureMatrix(np.full((200, 2), np.nan, dtype=np.float32), ("a", "b"), (0, 0)), TRAIN.labels[:200]
    )
    model = fit(SPEC.model_copy(update={"epochs": 50, "learning_rate": 0.05}), nothing, nothing, problem())
    np.testing.assert_allclose(model.predict(nothing.matrix), nothing.labels.mean(), atol=0.02)
    assert model.importance() == {}


def test_a_gpu_that_is_not_there_is_refused():
    if has_gpu():  # not as a mark: those are asked before it is known whether torch is there
        pytest.skip("there is a GPU")
    with pytest.raises(
        SpecError, match='device = "gpu", and torch finds none on this machine; allowed here: "auto" or'
    ):
        require(NetworkSpec(kind="network", device="gpu"))
    assert prepare(NetworkSpec(kind="network")) == "cpu"


def test_a_gpu_gives_the_same_bytes_twice_and_learns_as_much():
    if not has_gpu():
        pytest.skip("there is no GPU")
    first, second = (fitted(device="gpu") for _ in range(2))
    assert digest(first) == digest(second)
    assert evaluate("binary", VALIDATION.labels, first.predict(VALIDATION.matrix))["roc_auc"] > 0.9
