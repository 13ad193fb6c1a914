"""The simulations behind docs/gate.md say what they simulate."""

import numpy as np
import pytest

from benchmarks.gate.gates import difference
from benchmarks.gate.power import _shares
from benchmarks.gate.world import NOISE, World, draw, true_value, worse_by
from benchmarks.repetition import Cell, Rate, generator


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy"])
def test_a_model_that_is_worse_by_so_many_points_is_so_on_many_rows(metric: str) -> None:
    worse = worse_by(metric, 4, days=False)

    pair = draw(World(400_000, 0, challenger=worse, champion=NOISE), generator("test"))

    assert difference(metric, pair) == pytest.approx(-0.04, abs=0.003)
    assert true_value(metric, worse, False) == pytest.approx(true_value(metric, NOISE, False) - 0.04, abs=1e-4)


def test_what_a_day_adds_is_what_is_lost_without_it() -> None:
    pair = draw(World(600, 6), generator("test"))

    shares = _shares("roc_auc", pair)

    without = np.array([difference("roc_auc", pair.rows(pair.blocks != day)) for day in range(6)])
    np.testing.assert_allclose(shares, 6 * difference("roc_auc", pair) - 5 * without)


def test_a_second_look_decides() -> None:
    assert Cell(Rate(60, 1000)).within(0.05)
    assert not Cell(Rate(70, 1000)).within(0.05)
    assert Cell(Rate(70, 1000), again=Rate(160, 3000)).within(0.05)
