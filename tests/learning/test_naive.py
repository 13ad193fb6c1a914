from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import CandidateFailed, SpecError
from tasks.learning.estimator import Fitted, fit, fit_again
from tasks.learning.problem import Problem
from tasks.spec import LastValueSpec, SeasonalSpec

NUMBER = Problem("regression", Target("sold"), seed=0, threads=1)
HOUR = 3_600_000_000


def rows(shops: list[float], labels: list[float], hours: list[int] | None = None) -> Labelled:
    """One feature, the shop; ``hours`` before the end of the window."""
    matrix = FeatureMatrix(np.array(shops, dtype=np.float32)[:, None], ("shop",), (4,))
    ages = None if hours is None else np.array(hours) * HOUR
    return Labelled(matrix, np.array(labels, dtype=float), ages=ages)


def last(train: Labelled, problem: Problem = NUMBER, **keys: object) -> Fitted:
    return fit(LastValueSpec.model_validate({"kind": "last_value", **keys}), train, train, problem)


def said(model: Fitted, *shops: float) -> list[float]:
    return list(model.predict(rows(list(shops), [0.0] * len(shops)).matrix))


def test_each_entity_is_given_its_own_last_label_and_a_new_one_the_mean() -> None:
    train = rows([0, 1, 0, 1, np.nan], [1, 2, 3, 4, 10], hours=[9, 8, 1, 7, 2])

    assert said(last(train, by=["shop"]), 0, 1, np.nan, 2) == [3, 4, 10, 4]


def test_the_last_label_is_the_newest_whatever_the_order_of_the_rows() -> None:
    assert said(last(rows([0, 0, 0], [1, 2, 3], hours=[5, 1, 9])), 0, 3) == [2, 2]
    assert said(last(rows([0, 0, 0], [1, 2, 3])), 0) == [3], "without times, the last row's"


def test_several_of_the_newest_labels_are_averaged() -> None:
    train = rows([0, 0, 0, 1], [1, 2, 6, 9], hours=[4, 3, 2, 1])

    assert said(last(train, by=["shop"], rows=2), 0, 1) == [4, 9]


def test_a_label_that_had_not_arrived_when_validation_began_is_not_used() -> None:
    train, delayed = rows([0, 0, 0], [1, 2, 3], hours=[26, 24, 2]), replace(NUMBER, label_delay=timedelta(days=1))

    assert said(last(train, delayed), 0) == [2]
    again = fit_again(LastValueSpec(kind="last_value"), last(train, delayed), train, delayed)
    assert said(again, 0) == [3], "after validation there is a gap before the holdout"
    with pytest.raises(CandidateFailed, match="no label of 1 rows had arrived before validation began"):
        last(rows([0], [1], hours=[3]), delayed)


def test_a_season_is_the_mean_of_its_labels_with_one_row_of_the_overall_mean() -> None:
    train = rows([0, 0, 0, 1], [2, 4, 6, 20])
    model = fit(SeasonalSpec(kind="seasonal", by=["shop"]), train, train, NUMBER)

    assert said(model, 0, 1, 3) == [(12 + 8) / 4, (20 + 8) / 2, 8]


def test_weights_count_in_a_season() -> None:
    train = rows([0, 0], [0, 1]).weighted(np.array([3.0, 1.0]))
    model = fit(SeasonalSpec(kind="seasonal", by=["shop"]), train, train, NUMBER)

    assert said(model, 0, 1) == [0.25, 0.25]


def test_a_part_of_the_calendar_is_named_without_its_column() -> None:
    values = np.array([[8, 0], [9, 0], [8, 1]], dtype=np.float32)
    train = Labelled(FeatureMatrix(values, ("sold_at.hour", "shop"), (0, 2)), np.array([1.0, 5.0, 3.0]))
    model = fit(SeasonalSpec(kind="seasonal", by=["hour"]), train, train, NUMBER)

    assert model.predict(train.matrix).tolist() == [(1 + 3 + 3) / 3, (5 + 3) / 2, (1 + 3 + 3) / 3]


@pytest.mark.parametrize(("name", "hint"), [("shopp", 'did you mean "shop"'), ("weekday", "features: shop")])
def test_what_is_no_feature_is_refused_with_those_there_are(name: str, hint: str) -> None:
    with pytest.raises(SpecError, match=f"candidates.by: '{name}' is no feature, and no part of .*; {hint}"):
        last(rows([0], [1]), by=[name])
