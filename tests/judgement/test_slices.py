import numpy as np

from tasks.judgement.partition import Partition
from tasks.judgement.significance import Pair, PairedTest
from tasks.judgement.slices import SliceRules, Suspect, decide, report, report_suspects
from tasks.metrics import METRICS

RULES = SliceRules(min_rows=100, margin=0.0)
ROC_AUC = PairedTest(METRICS["roc_auc"], alpha=0.05, resamples=200, seed=1)


def make_pair(rows: int) -> Pair:
    draw = np.random.default_rng(3)
    score = draw.normal(size=rows)
    labels = (draw.random(rows) < 1 / (1 + np.exp(-score))).astype(float)
    return Pair(labels, score, score + draw.normal(size=rows), np.arange(rows) % 20)


def parts(words: np.ndarray) -> Partition:
    names, codes = np.unique(words, return_inverse=True)
    return Partition(codes, tuple(map(str, names)))


def test_the_slice_where_the_challenger_is_worst_comes_first() -> None:
    pair = make_pair(900)
    words = np.repeat(["good", "bad", "same"], 300)
    challenger = np.where(words == "bad", -pair.challenger, pair.challenger)
    rival = np.where(words == "same", challenger, pair.rival)

    (found,) = report(Pair(pair.labels, challenger, rival, pair.blocks), {"kind": parts(words)}, ROC_AUC, RULES)

    assert [result.value for result in found.results] == ["bad", "same", "good"]
    assert [result.rows for result in found.results] == [300, 300, 300]
    assert sum(result.positives or 0 for result in found.results) == pair.labels.sum()


def test_a_slice_that_cannot_be_tested_says_why_and_comes_last() -> None:
    pair = make_pair(700)
    words = np.repeat(["small", "late only", "large"], [50, 250, 400])
    pair.labels[words == "late only"] = 1

    (found,) = report(pair, {"kind": parts(words)}, ROC_AUC, RULES)

    large, late_only, small = found.results
    assert large.comparison is not None
    assert (late_only.comparison, late_only.not_testable) == (None, "one class only")
    assert (small.comparison, small.not_testable) == (None, "fewer than 100 rows")


def test_rows_of_several_classes_have_no_positives() -> None:
    pair = make_pair(400)
    probabilities = np.tile([0.5, 0.3, 0.2], (400, 1))
    log_loss = PairedTest(METRICS["log_loss"], alpha=0.05, resamples=200, seed=1)
    classes = Pair(pair.labels, probabilities, probabilities, pair.blocks)

    (found,) = report(classes, {"kind": parts(np.repeat(["a", "b"], 200))}, log_loss, RULES)

    assert [(result.rows, result.positives) for result in found.results] == [(200, None), (200, None)]


def test_only_the_twelve_largest_values_are_reported_and_the_rest_counted() -> None:
    pair = make_pair(1500)
    words = np.array([f"v{i:02d}" for i in np.minimum(np.random.default_rng(0).geometric(0.2, 1500), 15)])

    (found,) = report(pair, {"kind": parts(words)}, ROC_AUC, RULES)

    assert (len(found.results), found.left_out) == (12, len(np.unique(words)) - 12)
    rarest = min(np.unique(words), key=lambda word: (words == word).sum())
    assert rarest not in {result.value for result in found.results}


def test_only_a_slice_that_is_shown_to_be_worse_than_the_margin_counts_as_regressed() -> None:
    pair = make_pair(4000)
    words = np.tile(["good", "bad"], 2000)
    challenger = np.where(words == "bad", pair.rival, pair.challenger)
    rival = np.where(words == "bad", pair.challenger, pair.rival)
    swapped = Pair(pair.labels, challenger, rival, pair.blocks)

    def regressed(margin: float) -> list[str]:
        (found,) = decide(report(swapped, {"kind": parts(words)}, ROC_AUC, SliceRules(100, margin)), 0.05)
        return [result.value for result in found.results if result.regressed]

    assert regressed(0.0) == ["bad"]
    assert regressed(0.5) == []


def test_many_slices_need_stronger_evidence_than_one() -> None:
    pair = make_pair(900)
    one = {"kind": parts(np.repeat(["all"], 900))}
    p = decide(report(pair, one, ROC_AUC, RULES), 0.05)[0].results[0].p
    assert p is not None

    alone = decide(report(pair, one, ROC_AUC, RULES), p * 1.01)
    among_two = decide(report(pair, {**one, "also": parts(np.repeat(["x", "y"], 450))}, ROC_AUC, RULES), p * 1.01)

    assert alone[0].results[0].regressed
    assert not among_two[0].results[0].regressed


def test_what_was_found_by_search_is_reported_under_a_name_of_its_own() -> None:
    pair = make_pair(900)
    suspect = Suspect("hour < 6", pair.blocks % 2 == 1)

    (found,) = report_suspects(pair, [suspect], ROC_AUC, RULES)

    assert (found.column, found.results[0].value, found.results[0].rows) == ("found by search", "hour < 6", 450)
    assert report_suspects(pair, [], ROC_AUC, RULES) == []
