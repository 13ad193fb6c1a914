"""What the benchmark of replay says of policies, on accounts that are made up; and the alarms that people copy."""

from pathlib import Path

import numpy as np
import pytest

import deployments
from benchmarks.replay.copied import _psi
from benchmarks.replay.course import Course
from benchmarks.replay.scoring import choose
from benchmarks.replay.streams import A_DAY, BY_NAME, DAYS, draw
from tasks.metrics import METRICS
from tasks.replay.accounts import Account
from tasks.replay.prices import Prices
from tasks.spec import load_spec
from tests.replay.test_advice import account


def test_a_stream_changes_where_it_says_and_nowhere_else() -> None:
    drawn = draw(BY_NAME["abrupt"])
    values = np.column_stack([drawn.table[name].to_numpy() for name in drawn.columns])
    label = drawn.table["y"].to_numpy(zero_copy_only=False).astype(float)

    def weights(first: int, last: int) -> np.ndarray:
        rows = slice(first * A_DAY, last * A_DAY)
        found: np.ndarray = np.linalg.lstsq(values[rows], label[rows] - 0.5, rcond=None)[0]
        return found

    def alike(one: np.ndarray, other: np.ndarray) -> float:
        return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))

    before, after, later = weights(0, 340), weights(340, 470), weights(470, DAYS)
    assert alike(weights(0, 170), weights(170, 340)) > 0.95
    assert abs(alike(before, after)) < 0.9
    assert alike(before, later) < -0.9  # two right angles: the first rule turned round


def test_a_broken_feed_is_a_hundredfold_for_so_long() -> None:
    table = draw(BY_NAME["broken feeds"]).table
    size = np.abs(table["x2"].to_numpy()).reshape(DAYS, A_DAY).mean(axis=1)

    assert sorted(np.flatnonzero(size > 10).tolist()) == [*range(330, 344), *range(460, 474)]


def test_the_copied_index_sees_a_shift_and_not_chance() -> None:
    draw_ = np.random.default_rng(0)
    was = draw_.normal(size=5000)

    assert _psi(was, draw_.normal(size=500)) < 0.2
    assert _psi(was, draw_.normal(1.0, size=500)) > 0.2


def _course(early: list[Account], late: list[Account]) -> Course:
    spec = load_spec("flight_delay", Path(deployments.__file__).parent)
    return Course("made up", spec, METRICS["log_loss"], Prices(), (), (), tuple(early), tuple(late), (), {})


def test_a_policy_is_chosen_by_the_first_half_and_measured_in_the_second() -> None:
    never = account("never", 0, 0)
    early = [never, account("monthly", 0.0199, 11), account("always", 0.02, 50)]
    late = [never, account("monthly", 0.01, 10), account("always", 0.04, 50)]

    found = choose(_course(early, late))

    assert (found.policy, found.best) == ("monthly", "always")
    assert [found.gain, found.trainings] == pytest.approx([0.25, 0.2])
    assert not found.behind_never


def test_where_nothing_was_shown_to_gain_never_is_chosen_and_a_gain_missed_is_counted() -> None:
    never = account("never", 0, 0)

    found = choose(_course([never, account("always", 0.001, 50, error=0.01)], [never, account("always", 0.04, 50)]))

    assert (found.policy, found.gain, found.trainings) == ("never", 0, 0)


def test_a_choice_shown_to_lose_more_than_never_is_told() -> None:
    never = account("never", 0, 0)
    early, late = account("always", 0.02, 50), account("always", -0.02, 50)

    assert choose(_course([never, early], [never, late])).behind_never
