from dataclasses import replace
from math import isnan, sqrt

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.metrics import METRICS
from tasks.metrics.losses import log_loss

LOG_LOSS = PairedTest(METRICS["log_loss"], alpha=0.05, resamples=400, seed=1)
ROC_AUC = replace(LOG_LOSS, metric=METRICS["roc_auc"])


def make_pair(seed: int = 0, *, days: int = 20, rows: int = 400, noise: float = 0.0) -> Pair:
    """Two equally good models, each wrong in its own way on each day; ``noise`` makes the rival worse."""
    draw = np.random.default_rng(seed)
    day = np.arange(rows) % days
    score = draw.normal(size=rows)
    labels = (draw.random(rows) < 1 / (1 + np.exp(-score))).astype(float)
    challenger, rival = (score + draw.normal(size=days)[day] for _ in range(2))
    rival = rival + noise * draw.normal(size=rows)
    return Pair(labels, 1 / (1 + np.exp(-challenger)), 1 / (1 + np.exp(-rival)), day.astype(np.int64))


def test_of_equal_models_no_more_are_found_better_than_alpha_allows() -> None:
    repeats = 200
    promoted = [compare(make_pair(seed), LOG_LOSS).beaten for seed in range(repeats)]

    assert np.mean(promoted) <= 0.05 + 3 * sqrt(0.05 * 0.95 / repeats)


def test_drawing_rows_where_days_belong_together_would_promote_too_often() -> None:
    pairs = [make_pair(seed, rows=2000) for seed in range(60)]
    as_if_independent = [replace(pair, blocks=np.arange(2000)) for pair in pairs]

    wrongly = np.mean([compare(pair, LOG_LOSS).beaten for pair in as_if_independent])

    assert wrongly > 0.15


def test_a_truly_better_model_is_found_better_in_either_direction_of_the_metric() -> None:
    pair = make_pair(noise=2.0)

    for bootstrap in (LOG_LOSS, ROC_AUC):
        found = compare(pair, bootstrap)
        assert 0 < found.low < found.difference < found.high
        swapped = compare(Pair(pair.labels, pair.rival, pair.challenger, pair.blocks), bootstrap)
        assert (swapped.difference, swapped.low) == pytest.approx((-found.difference, -found.high))


def test_a_model_compared_with_itself_differs_by_exactly_nothing() -> None:
    pair = make_pair()
    same = compare(replace(pair, rival=pair.challenger.copy()), ROC_AUC)

    assert (same.difference, same.low, same.high, same.smallest_visible) == (0, 0, 0, 0)
    assert same.identical
    assert not compare(pair, ROC_AUC).identical


@pytest.mark.parametrize(
    ("days", "method", "blocks"),
    [
        (10, "paired bootstrap over days", 10),
        (9, "paired jackknife over days", 9),
        (4, "paired jackknife over days", 4),
        (3, "DeLong, rows independent", 400),
        (400, "DeLong, rows independent", 400),
    ],
)
def test_what_is_taken_as_independent_depends_on_how_many_days_there_are(days: int, method: str, blocks: int) -> None:
    found = compare(make_pair(days=days), ROC_AUC)

    assert (found.method, found.blocks) == (method, blocks)
    assert found.low < found.difference < found.high


def test_the_jackknife_of_a_mean_is_student_s_t_on_the_days() -> None:
    pair = make_pair(days=8)
    gains = mean_losses(pair, pair.rival) - mean_losses(pair, pair.challenger)

    found = compare(pair, LOG_LOSS)

    exact = ttest_1samp(gains, 0).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))
    assert found.p_worse(0.0) == pytest.approx(ttest_1samp(gains, 0, alternative="less").pvalue)


def mean_losses(pair: Pair, predictions: np.ndarray) -> np.ndarray:
    losses = log_loss(pair.labels, predictions)
    return np.array([losses[pair.blocks == day].mean() for day in np.unique(pair.blocks)])


def test_the_p_value_of_being_worse_falls_as_the_margin_does() -> None:
    pair = make_pair(rows=4000, noise=2.0)
    worse = compare(Pair(pair.labels, pair.rival, pair.challenger, pair.blocks), ROC_AUC)

    assert worse.p_worse(0.0) < 0.001 < worse.p_worse(0.5 * -worse.difference) < 0.5 < worse.p_worse(1.0)
    assert isnan(compare(pair.rows(np.arange(4000) < 1), LOG_LOSS).p_worse(0.0))


def test_the_smallest_visible_difference_shrinks_with_the_root_of_the_days() -> None:
    few, many = (compare(make_pair(days=d, rows=20 * d), LOG_LOSS) for d in (20, 320))

    assert few.smallest_visible / many.smallest_visible == pytest.approx(4, rel=0.35)


def test_rows_of_one_class_have_no_interval_and_rare_positives_make_resamples_drop_out() -> None:
    pair = make_pair()
    labels = np.zeros(400)
    assert not compare(replace(pair, labels=labels), ROC_AUC).usable
    labels[:1] = 1

    rare = compare(replace(pair, labels=labels), ROC_AUC)

    assert 0.2 < rare.dropped / rare.resamples < 0.5
    assert not rare.usable


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows_give_no_interval_and_no_error(rows: int) -> None:
    found = compare(make_pair().rows(np.arange(400) < rows), LOG_LOSS)

    assert isnan(found.low)
    assert not found.usable


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    pair = make_pair()

    assert compare(pair, ROC_AUC) == compare(pair, ROC_AUC)
    assert compare(pair, ROC_AUC).low != compare(pair, replace(ROC_AUC, seed=2)).low


def test_a_bound_that_no_resample_shows_is_said_by_the_error() -> None:
    pair = make_pair(noise=2.0)

    wide = [compare(pair, replace(LOG_LOSS, alpha=alpha)) for alpha in (0.05, 0.001, 0.00001)]

    assert [found.method for found in wide] == [
        "paired bootstrap over days",
        *["Student's t on a bootstrap over days"] * 2,
    ]
    assert wide[2].low < wide[1].low < wide[0].low < wide[0].high < wide[1].high < wide[2].high
