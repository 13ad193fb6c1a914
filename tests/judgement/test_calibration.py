import numpy as np
import pytest

from tasks.judgement.calibration import bins, likeliest, measure
from tasks.judgement.resampling import Blocks
from tasks.judgement.significance import PairedTest
from tasks.metrics import METRICS

TEST = PairedTest(METRICS["roc_auc"], alpha=0.05, resamples=400, seed=1)


def make_rows(rows: int, shift: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, Blocks]:
    draw = np.random.default_rng(seed)
    true = draw.uniform(0.1, 0.6, rows)
    return (draw.random(rows) < true).astype(float), true + shift, Blocks(np.arange(rows) % 20, 20)


def test_probabilities_that_are_a_tenth_too_high_are_off_by_a_tenth() -> None:
    found = measure(*make_rows(20_000, 0.1), TEST)

    assert found.error == pytest.approx(0.1, abs=0.01)
    assert found.low > 0.08


def test_a_calibrated_model_is_off_by_no_more_than_chance_explains() -> None:
    found = [measure(*make_rows(3000, 0.0, seed), TEST) for seed in range(40)]

    assert np.mean([f.error for f in found]) == pytest.approx(found[0].by_chance, rel=0.15)
    assert np.mean([f.low > 0.01 for f in found]) <= 0.1


def test_equal_probabilities_share_a_bin_and_one_answer_has_one() -> None:
    assert bins(np.array([0.1, 0.1, 0.1, 0.9]), 15).tolist() == [0, 0, 0, 1]
    assert bins(np.full(5, 0.3), 15).tolist() == [0] * 5


def test_of_several_classes_the_likeliest_is_looked_at() -> None:
    happened, probability = likeliest(np.array([0.0, 1.0]), np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1]]))

    assert (happened.tolist(), probability.tolist()) == ([1.0, 0.0], [0.7, 0.5])
