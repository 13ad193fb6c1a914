import numpy as np
import pytest

from tasks.monitoring.profile.bins import Ranges
from tasks.monitoring.profile.calibration import alarms, calibrate, calibrate_once
from tasks.monitoring.profile.distance import Reference, measure
from tasks.monitoring.profile.profile import Binning, Profile
from tasks.monitoring.profile.stability import memory
from tasks.monitoring.profile.usual import strengths

BINS = 20
SHARES = np.array([1 / BINS] * BINS + [0, 0])


def world(seed: int, *, days: int = 300, rows: int = 300, columns: int = 5, wander: float = 0.0) -> Profile:
    """Days of counts whose mean moves from day to day like an autoregression of spread ``wander``."""
    random = np.random.default_rng(seed)
    edges = np.linspace(-1.6, 1.6, BINS - 1)
    level = np.zeros((days, columns))
    for day in range(1, days):
        level[day] = 0.9 * level[day - 1] + wander * random.normal(size=columns)
    counts = [
        np.concatenate([np.histogram(random.normal(level[day, column], 1, rows), [-9, *edges, 9])[0], [0, 0]])
        for day in range(days)
        for column in range(columns)
    ]
    binning = Binning({f"c{i}": Ranges(edges) for i in range(columns)})
    return Profile(binning, np.array(counts).reshape(days, -1), np.full(days, rows))


def alarms_a_year(profile: Profile, start: int, asked: float) -> float:
    """Return how often the later windows cross the limit that the earlier days gave."""
    past = Profile(profile.binning, profile.counts[:start], profile.rows[:start])
    limits = calibrate(past, window=7, seed=1, checks_a_year=365, alarms_a_year=asked)
    windows = np.array([profile.counts[i : i + 7].sum(axis=0) for i in range(start, len(profile.counts) - 7)])
    found = measure(windows.astype(float), Reference(past.binning, past.whole))
    above = strengths(found, np.ones(len(windows)), limits.usual).most > limits.limit
    return alarms(above[None, :], 7) / len(windows) * 365


def test_a_limit_is_crossed_about_as_often_as_was_asked_for() -> None:
    found = [alarms_a_year(world(seed), 200, 12.0) for seed in range(12)]
    assert 6 < np.mean(found) < 20


def test_an_alarm_that_goes_on_counts_once_a_window() -> None:
    above = np.zeros((1, 30), dtype=bool)
    above[0, [2, 3, 4, 20]] = True
    assert alarms(above, 7) == 2
    assert alarms(np.ones((1, 28), dtype=bool), 7) == 4


def test_days_that_are_alike_are_kept_together() -> None:
    assert memory(world(0)) == 1
    assert memory(world(0, wander=0.3)) > 5


def test_a_history_that_wanders_gives_a_wider_limit_than_one_that_does_not() -> None:
    still, wandering = world(0), world(0, wander=0.15)
    shift = [
        limits.limit * limits.usual.spread[1].max()
        for limits in (calibrate(p, window=7, checks_a_year=365, alarms_a_year=2, seed=0) for p in (still, wandering))
    ]
    assert shift[1] > 2 * shift[0]


def test_a_column_with_a_season_has_wide_limits_of_its_own_and_leaves_the_others_theirs() -> None:
    calm, season = world(0, columns=5), world(1, columns=1, wander=1.0)
    edges = {f"c{i}": calm.binning.columns["c0"] for i in range(6)}
    both = Profile(Binning(edges), np.concatenate([calm.counts, season.counts], axis=1), calm.rows)
    alone, beside = (calibrate(p, window=7, checks_a_year=365, alarms_a_year=2, seed=0) for p in (calm, both))
    limits = [found.limit * found.usual.spread[1] for found in (alone, beside)]
    assert limits[1][5] > 5 * limits[1][:5].max()
    assert limits[1][:5].max() < 2 * limits[0].max()


def test_a_shift_of_a_quarter_of_a_standard_deviation_is_seen() -> None:
    profile = world(0)
    moved = world(9, days=7, rows=300)
    later = Profile(profile.binning, np.roll(moved.counts, 1, axis=1), moved.rows)
    limits = calibrate(profile, window=7, checks_a_year=365, alarms_a_year=2, seed=0)
    found = measure(later.whole[None, :], Reference(profile.binning, profile.whole))
    assert strengths(found, np.ones(1), limits.usual).most[0] > limits.limit


def test_the_same_history_gives_the_same_limit() -> None:
    found = {calibrate(world(0), window=7, checks_a_year=365, alarms_a_year=2, seed=3).limit for _ in range(2)}
    assert len(found) == 1


def test_too_short_a_history_is_judged_by_theory() -> None:
    limits = calibrate(world(0, days=10), window=7, checks_a_year=365, alarms_a_year=2, seed=0)
    assert limits.run == 0
    assert limits.limit > 3


@pytest.mark.parametrize("chance", [0.01, 0.1])
def test_a_single_comparison_has_the_chance_that_was_asked_for(chance: float) -> None:
    limits = calibrate_once(world(0, days=100), window=10, false_alarms=chance, seed=0)
    assert limits.rate <= chance
