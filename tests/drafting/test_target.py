from typing import Any

import numpy as np
import pytest

from tasks.drafting.questions import Log, take_defaults
from tasks.drafting.target import find_goal
from tasks.errors import DataRefused
from tests.drafting.conftest import column

DRAW = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("values", "task", "positive", "metric"),
    [
        ([0, 1, 1, 0] * 20, "binary", None, "roc_auc"),
        ([True, False] * 20, "binary", None, "roc_auc"),
        (["yes", "no", "no"] * 20, "binary", "yes", "roc_auc"),
        (["a", "b", "b"] * 20, "binary", "a", "roc_auc"),
        ([1] + [0] * 99, "binary", None, "average_precision"),
        (["a", "b", "c"] * 20, "multiclass", None, "log_loss"),
        ([0, 1, 2] * 20, "multiclass", None, "log_loss"),
        ([0, 3, 7, 90] * 20, "regression", None, "rmse"),
        (DRAW.normal(size=500).tolist(), "regression", None, "rmse"),
        (np.exp(3 * DRAW.normal(size=500)).tolist(), "regression", None, "mae"),
    ],
)
def test_the_task_and_its_metric_follow_from_the_target(
    values: list[Any], task: str, positive: Any, metric: str
) -> None:
    goal = find_goal(column(values), None, take_defaults)

    assert (goal.task, goal.positive, goal.metric) == (task, positive, metric)


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ([None, None], "empty", "has no value in any row"),
        (["a", "a"], "constant", "is 'a' in every row"),
        ([f"w{n}" for n in range(50)], "id", "50 different values in 50 rows"),
        ([f"w{n}" for n in range(60)] * 3, "category", "allowed: at most 50 classes"),
    ],
)
def test_a_target_that_nothing_can_be_learned_of_is_refused(values: list[Any], kind: str, said: str) -> None:
    with pytest.raises(DataRefused, match=said):
        find_goal(column(values, kind=kind), None, take_defaults)


def test_what_is_asked_is_asked_once_and_remembered() -> None:
    asked = Log(lambda question: question.options[-1])

    goal = find_goal(column([0, 1, 2] * 20), None, asked)

    assert goal.task == "regression"
    assert [(one.question.about, one.answer) for one in asked.asked] == [("task", "regression")]


def test_a_wish_needs_no_question() -> None:
    asked = Log(lambda _: pytest.fail("asked"))

    assert find_goal(column([0, 1, 2] * 20), "regression", asked).task == "regression"
