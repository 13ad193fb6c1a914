import numpy as np
import pytest

from tasks.judgement.fairness import FairnessRules, Selection, measure
from tasks.judgement.partition import Partition
from tasks.judgement.resampling import Blocks
from tasks.judgement.significance import PairedTest
from tasks.metrics import METRICS

TEST = PairedTest(METRICS["roc_auc"], alpha=0.05, resamples=400, seed=1)
RULES = FairnessRules(limit=0.1, min_rows=100)


def make_selection(gap: float, seed: int = 0, rows: int = 4000) -> tuple[Selection, dict[str, Partition]]:
    """Rows of two groups, of which the second is selected more often by ``gap``, whatever its labels."""
    draw = np.random.default_rng(seed)
    group = draw.integers(0, 2, rows)
    selected = draw.random(rows) < 0.3 + gap * group
    labels = (draw.random(rows) < 0.4).astype(float)
    return Selection(labels, selected, Blocks(np.arange(rows) % 20, 20)), {"sex": Partition(group, ("f", "m"))}


def test_a_group_that_is_selected_far_more_often_is_shown_to_be() -> None:
    found = {(rate.value, rate.rate): rate for rate in measure(*make_selection(0.25), TEST, RULES)}

    m = found["m", "selection rate"]
    assert m.difference == pytest.approx(0.25, abs=0.04)
    assert m.low < m.difference < m.high
    assert all(rate.beyond for rate in found.values())
    assert found["f", "selection rate"].difference == pytest.approx(-m.difference)


def test_rates_are_counted_among_the_rows_that_they_are_about() -> None:
    selection, columns = make_selection(0.0)

    true_positive = next(rate for rate in measure(selection, columns, TEST, RULES) if rate.rate == "true positive rate")

    rows = (selection.labels == 1) & columns["sex"].has(0)
    assert true_positive.group == pytest.approx(selection.selected[rows].mean())
    assert true_positive.rows == rows.sum()


def test_groups_that_are_treated_alike_are_seldom_said_to_be_apart() -> None:
    beyond = [any(r.beyond for r in measure(*make_selection(0.1, seed), TEST, RULES)) for seed in range(40)]

    assert np.mean(beyond) <= 0.15  # exactly at the limit


def test_a_group_too_small_to_be_a_group_is_left_out() -> None:
    selection, _ = make_selection(0.0)
    few = Partition((np.arange(4000) < 50).astype(np.intp), ("most", "few"))

    assert measure(selection, {"kind": few}, TEST, RULES) == ()
