import numpy as np

from tasks.monitoring.drift import volume_signal
from tasks.monitoring.profile.calibration import calibrate
from tasks.monitoring.profile.outages import without_outages
from tasks.monitoring.profile.profile import Profile
from tests.monitoring.profile.test_calibration import world


def closed(*days: range | int, length: int = 300) -> Profile:
    """Return a history in which no row came on some days."""
    found = world(0, days=length)
    open_ = np.ones(length, dtype=bool)
    for some in days:
        open_[list(some) if isinstance(some, range) else some] = False
    return Profile(found.binning, found.counts * open_[:, None], found.rows * open_)


def volume(profile: Profile, rows: int) -> tuple[float, float]:
    """Return score and threshold of a week's rows beside ``profile``."""
    limits = calibrate(profile, window=7, seed=1, checks_a_year=365, alarms_a_year=2)
    signal = volume_signal(profile, rows, limits, window=7)
    assert signal.threshold is not None
    return signal.score, signal.threshold


def test_weeks_in_which_a_feed_stood_still_say_nothing_of_how_many_rows_are_usual() -> None:
    whole = closed(range(100, 145))
    assert volume(whole, 700)[0] < volume(whole, 700)[1]

    found = without_outages(whole, window=7)

    assert len(found.rows) == 300 - 45
    score, threshold = volume(found, 700)  # a third of what came every week
    assert score > threshold
    assert volume(found, 2100)[0] < threshold


def test_days_without_rows_within_a_window_stay_for_a_week_may_have_them() -> None:
    whole = closed(range(100, 106))

    assert without_outages(whole, window=7) is whole


def test_emptiness_that_comes_again_and_again_is_usual() -> None:
    weekends = closed(*(range(first, first + 2) for first in range(5, 299, 7)))

    assert without_outages(weekends, window=1) is weekends


def test_a_history_without_gaps_is_as_it_was() -> None:
    whole = closed()

    assert without_outages(whole, window=7) is whole
