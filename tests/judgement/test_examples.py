"""Which rows of a holdout are shown one by one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from tasks.judgement.examples import examples
from tasks.judgement.holdout import Holdout
from tasks.metrics import Task


def held(task: Task, labels: list[float], told: Sequence[object], champion: Sequence[object] | None = None) -> Holdout:
    predictions = np.array(told, dtype=float)
    return Holdout(
        task=task,
        labels=np.array(labels, dtype=float),
        times=np.arange(len(labels)),
        challenger=predictions,
        champion=None if champion is None else np.array(champion, dtype=float),
        baseline=np.full_like(predictions, 0.5),
        slices={},
        champion_version=None,
        seen_rows_removed=0,
        unlabelled_rows=0,
        start=None,
        end=datetime(2024, 3, 1, tzinfo=UTC),
    )


BINARY = held("binary", [1, 0, 1, 0, 1, 0], [0.1, 0.2, 0.7, 0.9, 0.8, 0.1])


def found(case: Holdout, classes: tuple[str, ...] = ()) -> list[tuple[int, str]]:
    return [(one.place, one.why) for one in examples(case, classes)]


def test_a_binary_task_shows_the_surest_mistakes_and_a_typical_row_of_each_outcome() -> None:
    assert found(BINARY) == [
        (0, "positive, and the prediction surest that it is not"),
        (3, "negative, and the prediction surest that it is positive"),
        (2, "a typical positive"),
        (1, "a typical negative"),
    ]


def test_beside_a_champion_the_rows_that_promotion_changes_come_first() -> None:
    champion = [0.1, 0.8, 0.2, 0.9, 0.8, 0.1]

    assert found(replace(BINARY, champion=np.array(champion)))[:2] == [
        (2, "promotion raises its prediction most"),
        (1, "promotion lowers its prediction most"),
    ]


def test_no_row_is_shown_twice_and_an_equal_champion_changes_none() -> None:
    one_each = held("binary", [1, 0], [0.6, 0.4], [0.6, 0.4])

    assert [place for place, _ in found(one_each)] == [0, 1]


def test_classes_have_their_typical_rows_the_most_frequent_first() -> None:
    told = [[0.8, 0.1, 0.1], [0.6, 0.2, 0.2], [0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.98, 0.01, 0.01]]

    assert found(held("multiclass", [0, 0, 0, 1, 1], told), ("early", "late", "never")) == [
        (4, "its class was thought least likely"),
        (2, "a typical early"),
    ]  # of two late ones the lower is the middle, and is shown already


def test_a_regression_shows_its_largest_errors_and_typical_predictions() -> None:
    labels = np.arange(100.0)
    told = labels.copy()
    told[40], told[60] = 400, -400

    places = [place for place, _ in found(held("regression", labels.tolist(), told.tolist()))]

    assert places == [40, 60, 10, 49, 89]


def test_rows_of_one_outcome_and_no_rows_at_all_are_no_trouble() -> None:
    assert len(found(held("binary", [1, 1], [0.5, 0.5]))) == 1
    assert found(held("binary", [], [])) == []
