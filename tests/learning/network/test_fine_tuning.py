"""A network that begins from the champion."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.errors import CandidateFailed
from tasks.learning.network.fitting import fit
from tasks.learning.training import Given, train
from tasks.learning.warm import Warmth
from tasks.metrics import evaluate
from tasks.spec import read_spec
from tests.learning.extras import needs_torch
from tests.learning.network.test_network import SPEC, digest, problem, rows

pytestmark = needs_torch
CHAMPION = SPEC.model_copy(update={"epochs": 6, "width": 24})
FEW, JUDGES = rows(200, 4), rows(800, 5)
WARM = SPEC.model_copy(update={"warm_start": "fine_tune", "epochs": 4})


@pytest.fixture(scope="module")
def champion():
    return fit(CHAMPION, rows(6000, 1), rows(1500, 2), problem())


def tuned(champion, train=FEW, seed=3):
    return fit(WARM, train, JUDGES, replace(problem(seed=seed), champion=champion))


def value(network):
    return evaluate("binary", JUDGES.labels, network.predict(JUDGES.matrix))["log_loss"]


def test_what_the_champion_knows_is_worth_more_than_few_rows_alone(champion):
    fresh = fit(SPEC, FEW, JUDGES, problem())

    assert value(tuned(champion)) < 0.9 * value(fresh)


def test_it_keeps_the_champion_s_size_and_reads_rows_as_it_does_and_learns(champion):
    found = tuned(champion)

    assert (found.shape, found.reader) == (champion.shape, champion.reader)
    assert digest(found) != digest(champion)


def test_the_same_champion_gives_the_same_bytes_and_another_one_others(champion):
    other = replace(champion, weights=champion.weights * np.float32(1.01))

    assert digest(tuned(champion)) == digest(tuned(champion))
    assert digest(tuned(champion)) != digest(tuned(other))


def test_a_level_that_train_has_lost_keeps_what_the_champion_knew_of_it(champion):
    few = FEW.part(FEW.matrix.values[:, 4] != 2)

    before, after = (
        network.shape.split(network.weights)["embedding.0"] for network in (champion, tuned(champion, few))
    )
    assert np.array_equal(before[2], after[2])
    assert not np.array_equal(before[1], after[1])


def test_a_class_that_the_champion_does_not_know_fails_with_its_name():
    three = rows(300, 1, "multiclass")
    two = three.part(three.labels < 2)
    known = fit(CHAMPION, two, two, problem("multiclass"))

    with pytest.raises(CandidateFailed, match="warm_start: the champion knows no class high"):
        fit(WARM, three, three, replace(problem("multiclass"), champion=known))


def test_it_is_a_candidate_beside_the_fresh_ones_and_only_from_a_network(champion):
    plain = {"kind": "network", "epochs": 2, "width": 16, "device": "cpu"}
    asked = read_spec(
        {
            "model": "m", "owner": "o", "task": "binary",
            "source": {"uri": "m.csv", "timestamp": "time", "key": ["id"], "target": "t"},
            "window": {"validation": "7d", "holdout": "7d"},
            "candidates": [plain, {**plain, "warm_start": "fine_tune"}, {"kind": "lightgbm", "warm_start": "refit"}],
            "gate": {"metric": "log_loss", "min_rows": 50},
        },
        "m.toml",
    )  # fmt: skip
    seen = np.ones(len(JUDGES), dtype=bool)
    given = Given(warmth=Warmth(champion, FEW, JUDGES, seen))
    found = train(asked, FEW, JUDGES, target=problem().target, threads=1, given=given)

    assert [(one.kind, one.warm) for one in found.candidates[1:]] == [("network", None), ("network", "fine_tune")]
    assert found.candidates[-1].chosen


def test_a_checkpoint_of_another_champion_is_none_of_its_own(champion):
    from tasks.learning.network.run import Plan
    from tasks.learning.network.schedule import pace

    plans = [
        Plan(WARM, "binary", champion.shape, "cpu", 3, pace(WARM, 200), weights)
        for weights in (champion.weights, champion.weights + np.float32(1e-3))
    ]
    assert plans[0].begun != plans[1].begun
    assert repr(plans[0]) == repr(plans[1])
