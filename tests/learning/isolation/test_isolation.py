"""An isolation forest as a kind of model."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import CandidateFailed
from tasks.learning.estimator import Fitted, fit, load
from tasks.learning.isolation.inputs import fit_reader
from tasks.learning.problem import Problem
from tasks.metrics import evaluate
from tasks.spec import IsolationForestSpec

FRAUD = Problem("anomaly", Target("fraud", (False, True)), seed=3, threads=1)
ASKED = IsolationForestSpec(kind="isolation_forest")


def rows(count: int = 3000, seed: int = 1, known: float = 0.0) -> tuple[Labelled, np.ndarray]:
    """Two numbers, one with gaps, and a category; one row in fifty is an anomaly. Of a share the label is known."""
    random = np.random.default_rng(seed)
    odd = random.random(count) < 0.02
    values = random.normal(size=(count, 3)).astype(np.float32)
    values[odd, 0] += 4 * random.choice([-1, 1], odd.sum())
    values[:, 2] = np.where(odd & (random.random(count) < 0.5), 2, random.integers(0, 2, count))
    values[random.random(count) < 0.1, 1] = np.nan
    labels = np.where(random.random(count) < known, odd * 1.0, np.nan)
    return Labelled(FeatureMatrix(values, ("amount", "gaps", "shop"), (0, 0, 3)), labels), odd * 1.0


def fitted(train: Labelled, asked: IsolationForestSpec = ASKED) -> Fitted:
    return fit(asked, train, train, FRAUD)


def test_it_says_bit_for_bit_what_scikit_learn_says() -> None:
    train, later = rows()[0], rows(seed=2)[0]
    read = fit_reader(train.matrix).read
    theirs = IsolationForest(max_samples=256, random_state=3).fit(read(train.matrix))

    np.testing.assert_array_equal(fitted(train).predict(later.matrix), -theirs.score_samples(read(later.matrix)))


def test_what_is_rare_stands_out_with_no_label_at_all() -> None:
    later, odd = rows(seed=2)
    found = evaluate("anomaly", odd, fitted(rows()[0]).predict(later.matrix), "precision_at@0.02")

    assert found["roc_auc"] > 0.9
    assert found["precision_at@0.02"] > 0.4, "twenty times what chance finds"
    assert set(found) == {"roc_auc", "average_precision", "precision_at@0.02"}, "no metric of probabilities"


def test_a_known_anomaly_is_not_learned_as_usual() -> None:
    train, odd = rows(known=1.0)
    without = Labelled(train.matrix.rows(odd == 0), train.labels[odd == 0])

    np.testing.assert_array_equal(fitted(train).predict(train.matrix), fitted(without).predict(train.matrix))


def test_what_is_missing_or_new_is_scored_too() -> None:
    nothing = FeatureMatrix(np.full((2, 3), np.nan, dtype=np.float32), ("amount", "gaps", "shop"), (0, 0, 3))
    scores = fitted(rows()[0]).predict(nothing)

    assert ((scores > 0) & (scores < 1)).all()
    assert fitted(rows()[0]).predict(nothing.rows(slice(0, 0))).shape == (0,)


def test_a_row_s_score_does_not_depend_on_the_rows_beside_it() -> None:
    model, later = fitted(rows()[0]), rows(count=9000, seed=2)[0].matrix

    np.testing.assert_array_equal(model.predict(later)[8000:], model.predict(later.rows(slice(8000, None))))


def test_it_is_saved_as_text_and_arrays_the_same_way_twice(tmp_path: Path) -> None:
    train, later = rows()[0], rows(seed=2)[0]
    for name in "ab":
        (tmp_path / name).mkdir()
        fitted(train).save(tmp_path / name)
    files = [{p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in "ab"]

    assert files[0] == files[1]
    assert sorted(files[0]) == ["isolation_forest.json", "isolation_forest.npy"]
    again = load("isolation_forest", tmp_path / "a")
    np.testing.assert_array_equal(again.predict(later.matrix), fitted(train).predict(later.matrix))


def test_rows_of_more_weight_are_more_usual() -> None:
    train, odd = rows()
    told = fitted(train.weighted(np.where(odd == 1, 50.0, 1.0)))

    assert told.predict(train.matrix)[odd == 1].mean() < fitted(train).predict(train.matrix)[odd == 1].mean() - 0.05


def test_nothing_usual_to_learn_from_is_said() -> None:
    train = rows()[0]
    with pytest.raises(CandidateFailed, match="isolation_forest: 0 rows of train are not known to be anomalies"):
        fitted(Labelled(train.matrix, np.ones(len(train))))


def test_few_rows_make_small_trees_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fitted(rows(count=20)[0], IsolationForestSpec(kind="isolation_forest", trees=5))

    assert model.importance() == {}
