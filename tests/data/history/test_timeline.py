from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tasks.data.history.ranges import Sums, lowest
from tasks.data.history.timeline import Events, Look, Moments, Timeline
from tasks.data.matrix import FloatArray

SECOND = 1_000_000


def events(*rows: tuple[int, int, float]) -> Events:
    """What happened: whose, at which second, and its value; each is known a microsecond later."""
    whose, seconds, values = (np.array(column) for column in zip(*rows, strict=True))
    return Events(whose.astype(np.uint64), seconds * SECOND, seconds * SECOND + 1, values.astype(np.float64))


def tell(timeline: Timeline, way: str, *moments: tuple[int, int], seconds: int = 1000) -> list[float]:
    whose, times = (np.array(column) for column in zip(*moments, strict=True))
    asked = Moments(whose.astype(np.uint64), times * SECOND)
    return list(Look(timeline, asked).tell(way, timedelta(seconds=seconds)))


ADA, BOB, EVE = 7, 3, 9
TIMELINE = Timeline(events((ADA, 10, 1.5), (BOB, 20, -4.0), (ADA, 30, 0.5), (ADA, 30, 3.0), (BOB, 40, 8.0)))


def test_each_is_told_of_what_was_before_and_not_of_the_same_instant() -> None:
    assert tell(TIMELINE, "count", (ADA, 10), (ADA, 11), (ADA, 30), (ADA, 31), (BOB, 31)) == [0, 1, 1, 3, 1]
    assert tell(TIMELINE, "sum", (ADA, 10), (ADA, 31), (BOB, 41)) == [0, 5, 4]
    assert tell(TIMELINE, "mean", (ADA, 31), (BOB, 41)) == [5 / 3, 2]
    assert tell(TIMELINE, "min", (ADA, 31), (BOB, 41)) == [0.5, -4]
    assert tell(TIMELINE, "max", (ADA, 31), (BOB, 41)) == [3, 8]
    assert tell(TIMELINE, "last", (ADA, 31), (BOB, 40)) == [3, -4]
    assert tell(TIMELINE, "lag:2", (ADA, 31), (BOB, 41)) == [0.5, -4]
    assert tell(TIMELINE, "days_since", (ADA, 30), (BOB, 86_440), seconds=100_000) == [20 / 86_400, 1]


def test_a_window_begins_with_what_happened_exactly_so_long_ago() -> None:
    assert tell(TIMELINE, "count", (ADA, 30), (ADA, 31), seconds=20) == [1, 2]


def test_of_one_without_a_past_there_is_nothing_but_a_count_and_a_sum_of_none() -> None:
    assert tell(TIMELINE, "count", (EVE, 99)) == tell(TIMELINE, "sum", (EVE, 99)) == [0]
    for way in ("mean", "min", "max", "last", "lag:3", "days_since"):
        assert np.isnan(tell(TIMELINE, way, (EVE, 99), (BOB, 19))).all()


def test_nothing_ever_happened() -> None:
    nothing = np.empty(0, dtype=np.int64)
    timeline = Timeline(Events(nothing.astype(np.uint64), nothing, nothing, np.empty(0)))

    assert tell(timeline, "count", (ADA, 1)) == [0]
    assert np.isnan(tell(timeline, "max", (ADA, 1))).all()


VALUES = st.lists(
    st.floats(-1e15, 1e15) | st.sampled_from([0.1, 1e-9, -37.48, 2.0**60, -(2.0**71)]), min_size=1, max_size=40
)


@hypothesis(max_examples=200, deadline=None)
@given(values=VALUES, before=VALUES, draw=st.integers(0, 2**32 - 1))
def test_a_sum_is_the_same_to_the_last_bit_whatever_stands_before_its_range(
    values: list[float], before: list[float], draw: int
) -> None:
    here, all_of_it = np.zeros(1, dtype=np.int64), np.array([len(values)])
    alone = Sums(np.array(values)).between(here, all_of_it)

    mixed = np.random.default_rng(draw).permutation(values)
    behind = Sums(np.array([*before, *mixed])).between(here + len(before), all_of_it + len(before))

    assert alone.tobytes() == behind.tobytes()
    exact, size = sum(map(Fraction, values)), sum(abs(Fraction(value)) for value in values)
    assert abs(Fraction(alone[0]) - exact) <= size / 2**50 + len(values) / 2**64


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100])
def test_the_least_of_each_range_is_its_least(size: int) -> None:
    draw = np.random.default_rng(size)
    values: FloatArray = draw.normal(size=size)
    start = draw.integers(0, size, 300)
    end = np.array([draw.integers(one, size + 1) for one in start])

    told = lowest(values, start, end)

    for one, first, last in zip(told, start, end, strict=True):
        assert one == values[first:last].min() if last > first else np.isnan(one)
