"""Labels that may be wrong: which are named, how many there can be at most, and when nothing can be told."""

import importlib.util

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.folds import FOLDS, folds_of, out_of_fold
from tasks.learning.problem import Problem
from tasks.learning.suspects import confident_classes, find_suspects, mean_own, most_mistaken


def told(seed, rows=8000, clear=8.0, classes=2):
    """True probabilities of classes, and classes drawn from them: the clearer, the more certain."""
    random = np.random.default_rng(seed)
    scores = clear * random.normal(size=(rows, classes))
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return shares, (random.random((rows, 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)


def flipped(labels, share, seed, classes=2):
    random = np.random.default_rng(seed)
    wrong = random.random(len(labels)) < share
    return np.where(wrong, (labels + random.integers(1, classes, len(labels))) % classes, labels), wrong


def noisy(shares, share):
    """What a model that has learned from flipped labels says at best."""
    return (1 - share) * shares + share * (1 - shares) / (shares.shape[1] - 1)


@pytest.mark.parametrize("classes", [2, 3])
def test_flipped_labels_are_named_where_classes_are_clear(classes):
    shares, right = told(1, clear=20.0, classes=classes)
    given, wrong = flipped(right, 0.05, 2, classes)

    found = find_suspects(given.astype(float), noisy(shares, 0.05))

    assert wrong[found.named].mean() > 0.85
    assert found.named[wrong].mean() > 0.7
    assert (found.instead[found.named & wrong] == right[found.named & wrong]).mean() > 0.95
    assert found.untold == ()


def test_of_clean_labels_hardly_any_is_named_and_none_is_certain():
    for seed in range(5):
        shares, right = told(seed)
        found = find_suspects(right.astype(float), shares)
        assert found.share < 0.005
        assert found.at_most < 0.02


@pytest.mark.parametrize("clear", [0.3, 0.5])
def test_where_classes_are_hard_to_predict_no_label_is_suspected(clear):
    shares, right = told(3, clear=clear)

    found = find_suspects(right.astype(float), shares)

    assert not found.named.any()
    assert found.untold == (0, 1)
    assert found.at_most > 0.1
    confident = confident_classes(shares, mean_own(right, shares))
    assert ((confident >= 0) & (confident != right)).mean() > 0.1  # confident learning alone would name a lot


@pytest.mark.parametrize("share", [0.0, 0.02, 0.08])
def test_the_bound_holds_the_true_share_of_wrong_labels_in_nineteen_of_twenty_cases(share):
    held = 0
    for seed in range(60):
        shares, right = told(seed, rows=4000)
        given, wrong = flipped(right, share, seed)
        held += find_suspects(given.astype(float), noisy(shares, share)).at_most >= wrong.mean()
    assert held >= 55


def test_a_rare_class_that_nothing_tells_is_not_taken_for_mistakes():
    """Frauds of which no feature knows: each contradicts a sure prediction, and none is a wrong label."""
    random = np.random.default_rng(1)
    labels = (random.random(20_000) < 0.01).astype(float)
    fraud = 0.01 * np.exp(0.1 * random.normal(size=20_000))

    found = find_suspects(labels, np.column_stack([1 - fraud, fraud]))

    assert not found.named.any()
    assert 1 in found.untold


def test_a_label_of_which_most_rows_would_be_named_is_left_alone():
    """A fifth of the frauds is plain to see, and the rest looks like everything else: that is no mistake."""
    random = np.random.default_rng(1)
    labels = (random.random(20_000) < 0.05).astype(float)
    plain = (labels == 1) & (random.random(20_000) < 0.2)
    fraud = np.where(plain, 0.99, 0.04 * np.exp(0.3 * random.normal(size=20_000)))

    found = find_suspects(labels, np.column_stack([1 - fraud, fraud]))

    assert not found.named.any()
    assert found.untold == (1,)


def test_too_few_rows_of_a_class_say_nothing():
    labels = np.array([0.0] * 10_000 + [1.0] * 30)

    found = find_suspects(labels, np.column_stack([1 - labels, labels]))

    assert found.untold == (1,)
    assert found.at_most < 0.01


def test_the_bound_is_that_of_clopper_and_pearson():
    """With 0 of 100 against it the limit at 95 % is 1 - 0.05^(1/100)."""
    assert most_mistaken(np.zeros(100, dtype=bool)) == pytest.approx(1 - 0.05**0.01)
    assert most_mistaken(np.ones(100, dtype=bool)) == most_mistaken(np.ones(0, dtype=bool)) == 1


@pytest.mark.skipif(
    not importlib.util.find_spec("cleanlab"), reason="cleanlab is not installed; `make setup` installs it"
)
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("classes", [2, 4])
def test_the_rule_of_confident_learning_names_the_rows_that_cleanlab_names(classes):
    from cleanlab.filter import find_label_issues

    shares, right = told(4, rows=3000, clear=2.0, classes=classes)
    given, _ = flipped(right, 0.1, 5, classes)
    confident = confident_classes(shares, mean_own(given, shares))

    theirs = find_label_issues(given, shares, filter_by="confident_learning", n_jobs=1)

    ours = (confident >= 0) & (confident != given)
    assert theirs.sum() > 100
    np.testing.assert_array_equal(ours, theirs)


AGES = np.sort(np.random.default_rng(1).integers(0, 400, 3000))[::-1].astype(np.int64)


def rows(labels=None):
    values = np.random.default_rng(2).normal(size=(3000, 3)).astype(np.float32)
    made = (values[:, 0] > 0).astype(float) if labels is None else labels
    return Labelled(FeatureMatrix(values, ("a", "b", "c"), (0, 0, 0)), made, ages=AGES)


def test_what_happened_at_once_is_in_one_fold_and_folds_are_even():
    folds = folds_of(rows(), None)

    assert all(len(np.unique(folds[age == AGES])) == 1 for age in np.unique(AGES))
    assert np.bincount(folds, minlength=FOLDS).min() > 450
    assert 15 <= np.count_nonzero(np.diff(folds)) <= 19  # each has several stretches of time


def test_rows_of_a_group_are_in_one_fold_whenever_they_were():
    groups = np.random.default_rng(3).integers(-5, 200, 3000)

    folds = folds_of(rows(), groups)

    assert all(len(np.unique(folds[groups == group])) == 1 for group in np.unique(groups))
    assert len(np.unique(folds)) == FOLDS


@pytest.mark.parametrize(("classes", "task"), [((0, 1), "binary"), (("a", "b", "c"), "multiclass")])
def test_models_that_have_not_seen_a_row_tell_its_class(classes, task):
    made = rows() if task == "binary" else rows(np.digitize(rows().matrix.values[:, 0], [-0.5, 0.5]).astype(float))

    found = out_of_fold(made, None, Problem(task, Target("t", classes), 1, 1))

    assert found.shape == (3000, len(classes))
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == made.labels).mean() > 0.95


def test_a_label_tells_a_model_nothing_of_its_own_row():
    """Labels that nothing tells: a model that had seen them would know many of them."""
    chance = rows((np.random.default_rng(6).random(3000) < 0.5).astype(float))

    found = out_of_fold(chance, None, Problem("binary", Target("t", (0, 1)), 1, 1))

    assert (found.argmax(axis=1) == chance.labels).mean() == pytest.approx(0.5, abs=0.04)


def test_two_groups_are_too_few_to_say_anything():
    found = out_of_fold(rows(), np.arange(3000) % 2, Problem("binary", Target("t", (0, 1)), 1, 1))

    assert (found == 0.5).all()
