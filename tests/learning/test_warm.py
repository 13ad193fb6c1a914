"""Candidates that begin from the champion."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import SpecError
from tasks.learning.baseline import BaselineSpec
from tasks.learning.estimator import fit
from tasks.learning.gbm.model import Trees
from tasks.learning.problem import Problem
from tasks.learning.training import Given, train, twin
from tasks.learning.warm import Warmth, reason_against
from tasks.spec import LightGBMSpec, read_spec

TARGET = Target("y")
PLAIN = {"kind": "lightgbm", "rounds": 30, "leaves": 7}
PROBLEM = Problem("regression", TARGET, 0, 1)


def spec(*warm, **gate):
    return read_spec(
        {
            "model": "trains",
            "owner": "operations",
            "task": "regression",
            "source": {"uri": "trains.csv", "timestamp": "time", "key": ["id"], "target": "y"},
            "window": {"validation": "7d", "holdout": "7d"},
            "candidates": [PLAIN, *({**PLAIN, "warm_start": how} for how in warm)],
            "gate": {"metric": "rmse", "min_rows": 50, **gate},
        },
        "trains.toml",
    )


def rows(seed, count=400, shift=0.0):
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 4)).astype(np.float32)
    labels = values[:, 0] * values[:, 1] + np.sin(3 * values[:, 2]) + shift + 0.2 * random.normal(size=count)
    return Labelled(FeatureMatrix(values, ("a", "b", "c", "d"), (0, 0, 0, 0)), labels.astype(np.float64))


def trees(candidate, *given):
    found = fit(candidate, *given)
    assert isinstance(found, Trees)
    return found


def champion():
    """Trained on ten times as many rows as the challenger will have."""
    return trees(LightGBMSpec(kind="lightgbm", rounds=200, leaves=15), rows(10, 4000), rows(11), PROBLEM)


def warmth(unseen=None, model=None):
    mask = np.ones(400, dtype=bool) if unseen is None else unseen
    return Warmth(model or champion(), rows(1), rows(2), mask)


def trained(asked, warm=None):
    return train(asked, rows(1), rows(2), target=TARGET, threads=1, given=Given(warmth=warm))


@pytest.mark.parametrize("how", ["continue", "refit"])
def test_a_champion_that_knows_more_is_begun_from_if_that_is_better(how):
    found = trained(spec(how), warmth())

    fresh, warm = found.candidates[1:]
    assert (warm.warm, warm.chosen, found.warm) == (how, True, True)
    assert warm.rival == fresh.value
    assert warm.value < 0.9 * fresh.value


def test_continued_trees_are_the_champion_s_and_more_and_refitted_ones_as_many():
    model = champion()
    continued, refitted = (
        trees(
            LightGBMSpec.model_validate({**PLAIN, "warm_start": how}),
            rows(1),
            rows(2),
            replace(PROBLEM, champion=model),
        )
        for how in ("continue", "refit")
    )

    assert continued.booster.num_trees() > model.booster.num_trees()
    first = [
        model.text.split("Tree=1\n")[0].split("Tree=0\n")[1],
        continued.text.split("Tree=1\n")[0].split("Tree=0\n")[1],
    ]
    assert first[0] == first[1]
    assert refitted.booster.num_trees() == model.booster.num_trees()


def test_a_warm_candidate_that_is_no_better_is_not_chosen():
    poor = fit(LightGBMSpec(kind="lightgbm", rounds=100), rows(10, 300, shift=3.0), rows(11, shift=3.0), PROBLEM)
    found = trained(spec("refit"), warmth(model=poor))

    assert not found.candidates[-1].chosen
    assert not found.warm


def test_it_is_compared_with_the_best_fresh_one_on_the_rows_that_the_champion_has_not_seen():
    unseen = np.arange(400) >= 300
    found = trained(spec("refit"), warmth(unseen))

    fresh, warm = found.candidates[1:]
    assert warm.rival != fresh.value
    part = rows(2).part(unseen)
    errors = [np.sqrt(np.square(model.predict(part.matrix) - part.labels).mean()) for model in (found.chosen,)]
    assert errors[0] == pytest.approx(warm.value)


def test_without_a_champion_only_what_is_trained_afresh_is_tried():
    assert [one.warm for one in trained(spec("continue", "refit")).candidates] == [None, None]


def test_why_nothing_can_begin_from_a_champion_is_said():
    other = warmth(model=fit(BaselineSpec(), rows(1), rows(2), PROBLEM))
    assert reason_against(other, spec("refit")) == "the champion is of kind baseline"
    seen = warmth(np.arange(400) >= 370)
    assert reason_against(seen, spec("refit")) == (
        "the champion was trained or chosen on all but 30 of the 400 rows of validation; "
        "gate.min_rows = 50 are needed that it has not seen"
    )
    assert reason_against(warmth(), spec("refit")) is None


def test_the_same_champion_gives_the_same_trees_whatever_the_threads(tmp_path):
    texts = []
    for threads in (1, 2):
        found = train(spec("continue"), rows(1), rows(2), target=TARGET, threads=threads, given=Given(warmth=warmth()))
        found.chosen.save(tmp_path)
        texts.append((tmp_path / "lightgbm.txt").read_text())

    assert texts[0] == texts[1]


def test_a_twin_begins_from_the_champion_too():
    found = trained(spec("continue"), warmth())

    other = twin(found, 7)
    assert isinstance(other, Trees)
    assert other.booster.num_trees() > champion().booster.num_trees()


def test_a_spec_of_nothing_but_warm_candidates_is_refused():
    with pytest.raises(SpecError, match="candidates: found 'warm_start in all of them'; allowed: at least one without"):
        read_spec({**spec().model_dump(mode="json"), "candidates": [{**PLAIN, "warm_start": "refit"}]}, "trains.toml")
