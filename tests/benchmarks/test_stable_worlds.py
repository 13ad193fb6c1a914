"""The simulations behind docs/drift.md say what they simulate."""

import numpy as np
import pytest

from benchmarks.drift.delay import COLUMNS, _by_shift
from benchmarks.drift.said import SHIFTS, Rule, Said
from benchmarks.drift.shuffled_flights import halved
from benchmarks.drift.stable import KINDS, NUMBER, WINDOW, World, count, rolling, shares, table
from benchmarks.drift.stable_years import Realised, Trial, learned_of, profile_of
from benchmarks.repetition import generator


@pytest.mark.parametrize("column", [3, 4])
def test_words_are_as_frequent_in_counts_without_rows_as_in_rows_that_are_drawn(column: int) -> None:
    world, levels = World(5, 70_000), np.full((7, 5), 0.3)
    rows, day = table(world, levels, generator("rows"))

    ways = profile_of(rows, learned_of(rows), day), count(world, levels, generator("counts"))

    found = [np.split(way.whole, way.binning.starts[1:])[column] / way.rows.sum() for way in ways]
    drawn, counted = (np.sort(rates)[::-1] for rates in found)
    shown = min(len(drawn), len(counted))
    np.testing.assert_allclose(drawn[:shown], counted[:shown], atol=0.01)


def test_a_shifted_day_has_the_mean_it_was_given() -> None:
    drawn, day = table(World(1, 70_000, kinds=(NUMBER,)), np.array([[0.0], [0.5]]), generator("shift"))
    values = drawn["c0"].to_numpy()
    assert values[day == 1].mean() - values[day == 0].mean() == pytest.approx(0.5, abs=0.05)
    below = shares(NUMBER, np.array([0.5]))[0, :11].sum()  # the 11 bins below the median
    assert below == pytest.approx((values[day == 1] <= 0).mean(), abs=0.02)


def test_days_are_as_alike_as_was_asked_for() -> None:
    levels = World(20, 200, wander=0.1, carry=0.7).levels(2_000, generator("levels"))
    assert levels.std() == pytest.approx(0.1, rel=0.05)
    assert np.mean(levels[1:] * levels[:-1]) / levels.var() == pytest.approx(0.7, abs=0.03)


def test_every_kind_of_column_adds_up() -> None:
    for kind in KINDS:
        found = shares(kind, np.array([-0.5, 0.0, 2.0]))
        np.testing.assert_allclose(found.sum(axis=1), 1)
        assert found.shape[1] == kind.bins.values + 2
        np.testing.assert_allclose(found[:, -1], kind.missing)


def test_windows_are_sums_of_consecutive_days() -> None:
    days = np.arange(20).reshape(10, 2)
    np.testing.assert_allclose(rolling(days), [days[at : at + WINDOW].sum(axis=0) for at in range(4)])


def test_half_of_the_days_of_each_month_are_in_each_half() -> None:
    month = np.repeat([0, 1, 2], [30, 28, 32])
    one, other = halved(month, generator("halves"))
    assert sorted([*one, *other]) == list(range(90))
    assert np.bincount(month[one]).tolist() == [15, 14, 16]
    assert (np.diff(month[one]) >= 0).all()


def test_a_rate_is_right_when_it_is_near_or_cannot_be_told_from_the_one_asked_for() -> None:
    def realised(*rates: float) -> Realised:
        return Realised("", [Trial(rate, 3.0, np.zeros(5)) for rate in rates], len(rates))

    assert realised(2.5, 2.5).right
    assert realised(1.0, 6.0).right
    assert not realised(2.9, 3.0, 3.1).right
    assert not realised(1.0, 1.1).right


def test_columns_that_were_not_shifted_count_too() -> None:
    drifted = np.zeros((1, COLUMNS + len(SHIFTS) * 5), dtype=bool)
    drifted[0, COLUMNS - 1] = True  # a false alarm, whatever is shifted
    drifted[0, COLUMNS + 5 * 3 : COLUMNS + 5 * 4] = True  # all five, by the largest shift
    assert _by_shift(drifted)[..., 0].tolist() == [[1, 1, 1, 2], [1, 1, 1, 6]]


def test_a_delay_is_the_number_of_the_first_check_that_alarms() -> None:
    said = np.zeros((2, len(SHIFTS), 4), dtype=np.int64)
    said[0, 1, 2:] = 1
    rule = Rule("", Said([said], {"independent": [np.array([0, 1, 1, 0])]}, WINDOW))
    assert rule.delays(1, 0.25) == [3]
    assert rule.delays(1, 0.1) == [np.inf]
    assert rule.rates("independent") == pytest.approx(2 * 365 / 28)
