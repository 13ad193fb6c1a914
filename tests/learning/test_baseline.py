"""The naive baseline."""

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.baseline import BaselineSpec, fit
from tasks.learning.problem import Problem

LABELS = np.array([0.0, 0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("task", "classes", "answer"),
    [("binary", (0, 1), 0.25), ("regression", (), 0.25), ("multiclass", ("a", "b", "c"), [0.75, 0.25, 0.0])],
)
def test_every_row_gets_the_mean_or_the_shares_of_the_classes(task, classes, answer):
    rows = Labelled(FeatureMatrix(np.zeros((4, 1), dtype=np.float32), ("x",), (0,)), LABELS)
    model = fit(BaselineSpec(), rows, rows, Problem(task, Target("t", classes), 0, 1))
    np.testing.assert_array_equal(model.predict(rows.matrix.rows(slice(0, 2))), [answer, answer])
    assert model.importance() == {}
