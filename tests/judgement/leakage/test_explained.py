import numpy as np
import pytest

from tasks.judgement.leakage.coding import code_numbers
from tasks.judgement.leakage.explained import Answers, explained, in_order


def halves(values):
    return values[::2].astype(float), values[1::2].astype(float)


@pytest.mark.parametrize("positives", [0.5, 0.02])
def test_a_class_weighs_the_same_however_rare_it_is(positives) -> None:
    draw = np.random.default_rng(0)
    labels = draw.random(40_000) < positives
    flipped = labels ^ (draw.random(40_000) < 0.02)

    share = explained(code_numbers(*halves(flipped))[0], Answers("binary", *halves(labels)))

    assert share == pytest.approx(0.92, abs=0.04)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_noise_explains_nothing(task) -> None:
    draw = np.random.default_rng(1)
    labels = draw.random(4000) < 0.3 if task == "binary" else draw.normal(size=4000)

    share = explained(code_numbers(*halves(draw.normal(size=4000)))[0], Answers(task, *halves(labels)))

    assert share < 0.02


def test_a_monotone_function_is_found_where_the_label_has_left_its_range() -> None:
    answers = Answers("regression", np.arange(100.0), np.arange(100.0, 200.0))

    assert in_order(np.log(answers.judged), answers) == pytest.approx(1)


def test_labels_of_one_class_cannot_be_explained() -> None:
    one_class = Answers("binary", np.zeros(100), np.zeros(100))

    assert np.isnan(explained(code_numbers(np.arange(100.0), np.arange(100.0))[0], one_class))
