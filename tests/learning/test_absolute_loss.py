"""A regression whose absolute errors are made small."""

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import SpecError
from tasks.learning.baseline import BaselineSpec
from tasks.learning.baseline import fit as fit_baseline
from tasks.learning.gbm.fitting import fit
from tasks.learning.problem import Problem
from tasks.learning.training import train
from tasks.metrics import evaluate
from tasks.spec import LightGBMSpec, read_spec

PROBLEM = Problem("regression", Target("y"), 0, 1)
MEDIAN = Problem("regression", Target("y"), 0, 1, median=True)


def rows(seed: int, count: int) -> Labelled:
    """Amounts with a long tail: their mean lies far above their median."""
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(count, 3)).astype(np.float32)
    labels = np.exp(values[:, 0] + 1.2 * draw.normal(size=count))
    return Labelled(FeatureMatrix(values, ("a", "b", "c"), (0, 0, 0)), labels)


def test_absolute_errors_are_smaller_than_those_of_a_mean() -> None:
    given = rows(1, 4000), rows(2, 2000)
    judges = rows(3, 4000)
    found = {
        loss: evaluate(
            "regression",
            judges.labels,
            fit(LightGBMSpec(kind="lightgbm", rounds=200, loss=loss), *given, PROBLEM).predict(judges.matrix),
        )
        for loss in ("squared", "absolute")
    }

    assert found["absolute"]["mae"] < 0.95 * found["squared"]["mae"]


def test_the_baseline_is_the_median_then() -> None:
    some = Labelled(FeatureMatrix(np.zeros((5, 1), np.float32), ("a",), (0,)), np.array([9.0, 1, 2, 3, 100]))

    assert fit_baseline(BaselineSpec(), some, some, MEDIAN).answer == (3.0,)
    assert fit_baseline(BaselineSpec(), some.weighted(np.array([9.0, 1, 1, 1, 1])), some, MEDIAN).answer == (9.0,)
    assert fit_baseline(BaselineSpec(), some, some, PROBLEM).answer == (23.0,)


def spec(task: str, metric: str):
    return read_spec(
        {
            "model": "m", "owner": "o", "task": task,
            "source": {"uri": "m.csv", "timestamp": "time", "key": ["id"], "target": "y"},
            "window": {"validation": "7d", "holdout": "7d"},
            "candidates": [{"kind": "lightgbm", "rounds": 20, "loss": "absolute"}],
            "gate": {"metric": metric},
        },
        "m.toml",
    )  # fmt: skip


def test_a_training_has_the_baseline_that_its_candidates_ask_for() -> None:
    train_on = rows(1, 1000)

    found = train(spec("regression", "mae"), train_on, rows(2, 500), target=Target("y"), threads=1)

    assert found.baseline.predict(train_on.matrix)[0] == pytest.approx(np.median(train_on.labels), abs=0.01)


def test_classes_have_no_absolute_errors() -> None:
    with pytest.raises(SpecError, match=r"candidates\[0\].loss: found 'absolute'; allowed: none with task binary"):
        spec("binary", "log_loss")
