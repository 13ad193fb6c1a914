import numpy as np

from tasks.judgement.significance import Bootstrap, Pair
from tasks.judgement.slices import report
from tasks.metrics import METRICS

ROC_AUC = Bootstrap(METRICS["roc_auc"], alpha=0.05, resamples=200, seed=1)


def make_pair(rows: int) -> Pair:
    draw = np.random.default_rng(3)
    score = draw.normal(size=rows)
    labels = (draw.random(rows) < 1 / (1 + np.exp(-score))).astype(float)
    return Pair(labels, score, score + draw.normal(size=rows), np.arange(rows) % 20)


def test_the_slice_where_the_challenger_is_worst_comes_first() -> None:
    pair = make_pair(900)
    words = np.repeat(["good", "bad", "same"], 300)
    challenger = np.where(words == "bad", -pair.challenger, pair.challenger)
    rival = np.where(words == "same", challenger, pair.rival)

    (found,) = report(Pair(pair.labels, challenger, rival, pair.days), {"kind": words}, ROC_AUC, min_rows=100)

    assert [result.value for result in found.results] == ["bad", "same", "good"]
    assert [result.rows for result in found.results] == [300, 300, 300]
    assert sum(result.positives or 0 for result in found.results) == pair.labels.sum()


def test_a_slice_that_cannot_be_tested_says_why_and_comes_last() -> None:
    pair = make_pair(700)
    words = np.repeat(["small", "late only", "large"], [50, 250, 400])
    pair.labels[words == "late only"] = 1

    (found,) = report(pair, {"kind": words}, ROC_AUC, min_rows=100)

    large, late_only, small = found.results
    assert large.comparison is not None
    assert (late_only.comparison, late_only.not_testable) == (None, "one class only")
    assert (small.comparison, small.not_testable) == (None, "fewer than 100 rows")


def test_rows_of_several_classes_have_no_positives() -> None:
    pair = make_pair(400)
    probabilities = np.tile([0.5, 0.3, 0.2], (400, 1))
    log_loss = Bootstrap(METRICS["log_loss"], alpha=0.05, resamples=200, seed=1)
    classes = Pair(pair.labels, probabilities, probabilities, pair.days)

    (found,) = report(classes, {"kind": np.repeat(["a", "b"], 200)}, log_loss, min_rows=100)

    assert [(result.rows, result.positives) for result in found.results] == [(200, None), (200, None)]


def test_only_the_twelve_largest_values_are_reported_and_the_rest_counted() -> None:
    pair = make_pair(1500)
    words = np.array([f"v{i:02d}" for i in np.minimum(np.random.default_rng(0).geometric(0.2, 1500), 15)])

    (found,) = report(pair, {"kind": words}, ROC_AUC, min_rows=100)

    assert (len(found.results), found.left_out) == (12, len(np.unique(words)) - 12)
    rarest = min(np.unique(words), key=lambda word: (words == word).sum())
    assert rarest not in {result.value for result in found.results}
