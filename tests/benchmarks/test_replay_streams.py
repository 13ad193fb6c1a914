"""What the benchmark of replay says of policies, on accounts that are made up; and the alarms that people copy."""

import numpy as np
import pytest

from benchmarks.replay.copied import _psi
from benchmarks.replay.scoring import _part, _sparest
from benchmarks.replay.streams import A_DAY, BY_NAME, DAYS, draw
from tasks.replay.accounts import Account
from tests.replay.test_advice import account


def with_losses(one: Account, losses: list[float]) -> Account:
    return Account(one.walk, one.loss, tuple(losses), 1000, one.against_never, None, 0.0)


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


@pytest.mark.parametrize(
    ("gains", "chosen"), [((0.0, 0.0199, 0.02), "monthly"), ((0.0, 0.01, 0.02), "always"), ((0.0, 0.0, 0.0), "never")]
)
def test_the_sparest_of_those_nearly_as_good_is_chosen(gains: tuple[float, ...], chosen: str) -> None:
    parts = {
        name: (0.5 - gain, count)
        for name, gain, count in zip(("never", "monthly", "always"), gains, (0, 11, 50), strict=True)
    }

    assert _sparest(parts) == chosen


def test_a_part_of_a_history_has_its_own_loss_and_trainings() -> None:
    one = with_losses(account("always", 0.02, 2, steps=4), [0.5, float("nan"), 0.3, 0.1])

    early, late = _part(one, 0, 2), _part(one, 2, 4)
    assert (early, late[1]) == ((0.5, 2), 0)
    assert late[0] == pytest.approx(0.2)
