from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.data.splits import SplitRows, members, require_classes, require_rows, split
from tasks.data.window import microseconds
from tasks.errors import NotEnoughData
from tasks.spec import ModelSpec

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)


def rows(days_before: list[float], groups: list[int] | None = None) -> SplitRows:
    times = np.array([microseconds(AS_OF - timedelta(days=d)) for d in days_before])
    return SplitRows(times, np.ones(len(times), dtype=bool), np.array(groups) if groups else None)


def test_the_windows_stand_in_order_with_the_label_delay_as_a_gap(spec: ModelSpec) -> None:
    found = split(spec, AS_OF)

    assert found.holdout.end == AS_OF - timedelta(days=1)
    assert found.holdout.start == AS_OF - timedelta(days=11)
    assert found.validation.end == AS_OF - timedelta(days=12)
    assert found.train.end == found.validation.start == AS_OF - timedelta(days=22)
    assert found.train.start is None


def test_a_train_window_of_a_given_length_begins_that_long_before(spec: ModelSpec) -> None:
    window = spec.window.model_copy(update={"train": timedelta(days=30)})

    assert split(spec.model_copy(update={"window": window}), AS_OF).train.start == AS_OF - timedelta(days=52)


def test_an_unlabelled_row_and_a_row_in_the_gap_belong_to_no_part(spec: ModelSpec) -> None:
    given_rows = rows([25, 15, 11.5, 5, 0.5])
    masks = members(split(spec, AS_OF), given_rows)

    assert [mask.tolist().index(True) for mask in masks.values()] == [0, 1, 3]
    assert sum(mask.sum() for mask in masks.values()) == 3


def test_a_group_stays_where_its_first_row_is(spec: ModelSpec) -> None:
    masks = members(split(spec, AS_OF), rows([25, 15, 14, 5, 4], groups=[1, 1, 2, 2, 3]))

    assert {part: np.flatnonzero(mask).tolist() for part, mask in masks.items()} == {
        "train": [0], "validation": [2], "holdout": [4],
    }  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(st.tuples(st.floats(0, 60), st.integers(0, 5)), min_size=1, max_size=50))
def test_no_row_and_no_group_is_ever_in_two_parts(spec: ModelSpec, drawn: list[tuple[float, int]]) -> None:
    masks = members(split(spec, AS_OF), rows([d for d, _ in drawn], [g for _, g in drawn]))
    groups = np.array([g for _, g in drawn])

    assert (np.sum([*masks.values()], axis=0) <= 1).all()
    sides = [set(groups[mask]) for mask in masks.values()]
    assert len(set().union(*sides)) == sum(len(side) for side in sides)


def test_a_holdout_with_too_few_rows_says_how_many_there_are_and_are_needed(spec: ModelSpec) -> None:
    splits = split(spec, AS_OF)
    masks = members(splits, rows([*np.linspace(23, 50, 200), *np.linspace(13, 21, 60), 5, 6]))

    with pytest.raises(NotEnoughData, match=r"returns: holdout 2024-02-19 to 2024-02-29 has 2 labelled.*at least 50"):
        require_rows(masks, splits, spec)


def test_a_target_with_one_class_in_a_part_is_refused(spec: ModelSpec) -> None:
    masks = members(split(spec, AS_OF), rows([30, 31, 15, 16, 5, 6]))

    with pytest.raises(NotEnoughData, match=r"target returned has one class only in holdout \(2 rows\)"):
        require_classes(np.array([0, 1, 0, 1, 1, 1.0]), masks, spec)
