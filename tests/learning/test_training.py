"""Which candidate is chosen."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import CandidateFailed, NotEnoughData
from tasks.learning import estimator
from tasks.learning.training import train
from tasks.spec import read_spec

TARGET = Target("late", (False, True))


def spec(*candidates, metric="roc_auc"):
    return read_spec(
        {
            "model": "trains",
            "owner": "operations",
            "task": "binary",
            "source": {"uri": "trains.csv", "timestamp": "time", "key": ["id"], "target": "late"},
            "window": {"validation": "7d", "holdout": "7d"},
            "candidates": [{"kind": "lightgbm", "rounds": 30}, {"kind": "linear"}, *candidates],
            "gate": {"metric": metric},
        },
        "trains.toml",
    )


def rows(seed, slope):
    values = np.random.default_rng(seed).normal(size=(800, 3)).astype(np.float32)
    late = np.random.default_rng(seed + 100).random(800) < 1 / (1 + np.exp(-slope * values.sum(axis=1)))
    return Labelled(FeatureMatrix(values, ("a", "b", "c"), (0, 0, 0)), late.astype(np.float64))


def test_the_candidate_that_is_best_on_validation_is_chosen_and_the_baseline_kept():
    trained = train(spec(), rows(1, 1), rows(2, 1), target=TARGET, threads=1)
    assert [result.kind for result in trained.candidates] == ["baseline", "lightgbm", "linear"]
    values = {result.kind: result.value for result in trained.candidates}
    assert values["linear"] > values["lightgbm"] > values["baseline"] == 0.5
    assert trained.chosen.kind == "linear"
    assert trained.baseline.kind == "baseline"
    assert all(result.value == result.metrics["roc_auc"] for result in trained.candidates)


def test_of_equals_the_earlier_one_is_chosen():
    trained = train(spec({"kind": "linear"}), rows(1, 1), rows(2, 1), target=TARGET, threads=1)
    equal = [result.value for result in trained.candidates if result.kind == "linear"]
    assert equal[0] == equal[1]
    assert trained.chosen.kind == "linear"


def test_a_baseline_that_nothing_beats_is_chosen():
    trained = train(spec(metric="log_loss"), rows(1, 3), rows(2, -3), target=TARGET, threads=1)
    assert trained.chosen is trained.baseline


def failing(monkeypatch, *kinds):
    """Have these kinds fail as a network does whose loss is not finite."""

    def fail(*_):
        raise CandidateFailed("the loss is not finite")

    kept = {kind: replace(made, fit=fail) for kind, made in estimator._KINDS.items() if kind in kinds}
    monkeypatch.setattr(estimator, "_KINDS", {**estimator._KINDS, **kept})


def test_a_candidate_that_cannot_be_fitted_is_dropped_with_the_reason(monkeypatch):
    failing(monkeypatch, "lightgbm")
    trained = train(spec(), rows(1, 1), rows(2, 1), target=TARGET, threads=1)
    assert [result.kind for result in trained.candidates] == ["baseline", "linear"]
    assert (trained.chosen.kind, trained.choice.kind) == ("linear", "linear")
    assert [(out.what, out.why) for out in trained.left_out] == [("lightgbm on all", "the loss is not finite")]


def test_a_training_of_which_no_candidate_can_be_fitted_fails(monkeypatch):
    failing(monkeypatch, "lightgbm", "linear")
    with pytest.raises(CandidateFailed, match="trains: the loss is not finite; the loss is not finite"):
        train(spec(), rows(1, 1), rows(2, 1), target=TARGET, threads=1)


def test_a_validation_of_one_class_is_refused_with_where_to_change_it():
    validation = rows(2, 1)
    alike = Labelled(validation.matrix, np.zeros(800))
    with pytest.raises(NotEnoughData, match=r"trains: gate.metric roc_auc has no value on the 800 rows of validat"):
        train(spec(), rows(1, 1), alike, target=TARGET, threads=1)
