"""A search for better parameters: within its budget, and the same however often it was killed."""

import itertools
import json
import time

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.errors import SettingsError, SpecError
from tasks.learning.attempt import Course, Entry
from tasks.learning.budget import NOISE
from tasks.learning.problem import Problem
from tasks.learning.spaces import parameters_of
from tasks.learning.studies import Shelf
from tasks.learning.training import train
from tasks.learning.tuning import search
from tasks.learning.windows import Choice, TrainWindow
from tasks.spec import LightGBMSpec, read_spec

TARGET = Target("y")
SMALL = {"kind": "lightgbm", "rounds": 40, "patience": 5, "leaves": 4, "min_leaf_rows": 200}


def spec(tuning, candidate=SMALL, seed=3):
    return read_spec(
        {
            "model": "trains",
            "owner": "operations",
            "task": "regression",
            "seed": seed,
            "source": {"uri": "trains.csv", "timestamp": "time", "key": ["id"], "target": "y"},
            "window": {"validation": "7d", "holdout": "7d"},
            "candidates": [candidate],
            "tuning": tuning,
            "gate": {"metric": "rmse", "min_rows": 50},
        },
        "trains.toml",
    )


def rows(seed, count=900):
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 4)).astype(np.float32)
    labels = values[:, 0] * values[:, 1] + np.sin(3 * values[:, 2]) + 0.3 * random.normal(size=count)
    return Labelled(FeatureMatrix(values, ("a", "b", "c", "d"), (0, 0, 0, 0)), labels.astype(np.float64))


def searched(asked, shelf=Shelf(None, ""), **options):  # noqa: B008 - it is a value
    course = Course(asked, rows(2), Problem("regression", TARGET, asked.seed, 1))
    own = course.run(Entry(asked.candidates[0], Choice(TrainWindow("all"), rows(1))))
    return search(course, own, shelf, **options)


def text(found):
    return found.attempt.fitted.text


def steps(found):
    return [(one.number, one.parameters, one.loss, dict(one.seen), one.state) for one in found.study.trials]


class Clock:
    """A second passes at every look."""

    def __init__(self):
        self.now = itertools.count()

    def __call__(self):
        return float(next(self.now))


def test_better_parameters_than_poor_ones_are_found_and_their_model_kept():
    found = searched(spec({"trials": 12}))

    first, best = found.study.trials[0], found.study.best
    assert first.parameters["min_leaf_rows"] == 200
    assert best.loss < 0.9 * first.loss
    assert found.attempt.metrics["rmse"] == best.loss
    assert found.study.ended == "all 12 trials are done"


def test_the_same_seed_gives_the_same_search_and_another_seed_another():
    one, two, other = (searched(spec({"trials": 6}, seed=seed)) for seed in (3, 3, 4))

    assert steps(one) == steps(two)
    assert text(one) == text(two)
    assert steps(one)[2][1] != steps(other)[2][1]


@pytest.mark.parametrize("cut", [1, 7])
def test_a_search_that_was_killed_goes_on_as_if_it_had_not_been(cut, tmp_path):
    unbroken = searched(spec({"trials": 11}), Shelf(tmp_path / "a", "s"))
    assert {one.state for one in unbroken.study.trials} == {"complete", "pruned"}
    journal = next((tmp_path / "a").iterdir())
    lines = [line for line in journal.read_text().splitlines(keepends=True) if "lost" not in line]
    (tmp_path / "b").mkdir()
    torn = lines[cut + 1][: len(lines[cut + 1]) // 2]  # the line that was being written
    (tmp_path / "b" / journal.name).write_text("".join(lines[: cut + 1]) + torn)

    resumed = searched(spec({"trials": 11}), Shelf(tmp_path / "b", "s"))

    assert steps(resumed) == steps(unbroken)
    assert text(resumed) == text(unbroken)


def test_a_study_of_other_rows_is_another_study(tmp_path):
    for subject in ("a", "b", "a"):
        searched(spec({"trials": 2}), Shelf(tmp_path, subject))

    assert len(list(tmp_path.iterdir())) == 2


def test_a_trial_that_is_worse_on_its_way_than_most_is_stopped():
    found = searched(spec({"trials": 14}))
    pruned = [one for one in found.study.trials if not one.complete]

    assert pruned
    assert all(one.loss == min(one.seen.values()) for one in pruned)
    complete = max(len(one.seen) for one in found.study.trials if one.complete)
    assert min(len(one.seen) for one in pruned) < complete


def test_the_next_study_begins_with_what_the_last_ones_found_best(tmp_path):
    first = searched(spec({"trials": 10}), Shelf(tmp_path, "monday"))
    second = searched(spec({"trials": 3}), Shelf(tmp_path, "tuesday"))

    assert second.study.starts == 1
    assert second.study.trials[1].parameters == first.study.best.parameters
    assert second.study.best.loss <= first.study.best.loss


def test_a_search_that_gains_nothing_more_ends_early():
    found = searched(spec({"trials": 100, "patience": 4}))
    losses = [one.loss if one.complete else np.inf for one in found.study.trials]

    assert len(losses) < 60
    assert found.study.ended == "4 trials in a row gained less than 0.3 % of the loss"
    assert min(losses[-4:]) >= min(losses[:-4]) * (1 - NOISE)


def test_a_search_that_begins_from_earlier_ones_ends_three_times_sooner(tmp_path):
    limits = {"trials": 100, "patience": 6}
    first = searched(spec(limits), Shelf(tmp_path, "monday"))
    second = searched(spec(limits), Shelf(tmp_path, "tuesday"))

    assert first.study.ended.startswith("6 trials in a row")
    assert second.study.ended.startswith("2 trials in a row")
    assert len(second.study.trials) < len(first.study.trials)


def test_a_budget_of_time_ends_within_a_trial_and_keeps_the_best_so_far():
    found = searched(spec({"minutes": 5, "patience": 1000}), clock=Clock())  # 300 looks at the clock

    assert found.study.ended == "the budget of time is spent"
    assert 3 < len(found.study.trials) < 30
    assert found.attempt.metrics["rmse"] == found.study.best.loss


def test_a_budget_of_time_is_kept_by_the_clock_on_the_wall():
    start = time.monotonic()
    found = searched(spec({"minutes": 0.05, "patience": 10_000}))

    assert time.monotonic() - start < 3 + 2  # the rows are drawn and trained on once before
    assert len(found.study.trials) > 1


def test_what_a_killed_search_has_spent_counts(tmp_path):
    shelf = Shelf(tmp_path, "s")
    searched(spec({"minutes": 2, "patience": 1000}), shelf, clock=Clock())
    done = next(tmp_path.iterdir()).read_text()

    again = searched(spec({"minutes": 2, "patience": 1000}), shelf, clock=Clock())

    assert again.study.ended == "the budget of time is spent"
    assert len(again.study.trials) - done.count("number") < 3


@pytest.mark.parametrize("candidate", [SMALL, {"kind": "linear"}], ids=lambda one: one["kind"])
def test_a_budget_too_small_for_one_trial_is_one_clear_line(candidate):
    with pytest.raises(
        SpecError, match=r"deployments/trains.toml: tuning: its budget, 0\.0 s, is too small for one tr"
    ):
        searched(spec({"minutes": 1e-7}, candidate))


def test_a_budget_of_money_needs_a_price_and_is_turned_into_time():
    asked = spec({"money": 0.5, "patience": 1000})
    with pytest.raises(SettingsError, match=r"tuning.money = 0.5 needs the price of an hour .* PERENNIAL_PRICE"):
        searched(asked)

    found = searched(asked, Shelf(None, "", price_per_hour=18.0), clock=Clock())  # 100 s

    assert found.study.ended == "the budget of time is spent"


def test_a_quota_that_is_spent_refuses_the_search_and_says_so(tmp_path):
    limits = {"trials": 10, "monthly_minutes": 2, "patience": 1000}
    first = searched(spec(limits), Shelf(tmp_path, "monday"), clock=Clock())
    assert first.study.ended == "the budget of time is spent"

    second = searched(spec(limits), Shelf(tmp_path, "tuesday"), clock=Clock())
    assert second.attempt is None
    assert second.study.trials == ()
    assert second.study.ended.startswith("refused: ")
    assert second.study.ended.endswith("of tuning.monthly_minutes = 2 were spent within 30 days")


def test_a_search_that_is_done_gives_its_model_again_whatever_is_left_of_the_quota(tmp_path):
    limits = {"trials": 3, "monthly_minutes": 2}
    done = searched(spec(limits), Shelf(tmp_path, "monday"))
    searched(spec({**limits, "trials": 1000, "patience": 1000}), Shelf(tmp_path, "tuesday"), clock=Clock())

    again = searched(spec(limits), Shelf(tmp_path, "monday"))

    assert steps(again) == steps(done)
    assert text(again) == text(done)


def test_trials_of_more_than_a_month_ago_are_forgotten_by_the_quota(tmp_path):
    searched(spec({"trials": 3}), Shelf(tmp_path, "monday"))
    shelf = Shelf(tmp_path, "")

    assert shelf.spent(time.time()) > 0
    assert shelf.spent(time.time() + 31 * 86_400) == 0


def test_the_penalty_of_a_linear_model_is_searched_too():
    found = searched(spec({"trials": 4}, {"kind": "linear"}))

    assert [set(one.parameters) for one in found.study.trials] == [{"penalty"}] * 5


def test_a_training_tunes_the_best_candidate_and_says_with_what():
    asked = spec({"trials": 8})
    trained = train(asked, rows(1), rows(2), target=TARGET, threads=1)

    *_, own, tuned = trained.candidates
    assert tuned.chosen
    assert tuned.value < own.value
    assert trained.study is not None
    assert trained.study.best is not None
    assert tuned.tuned == trained.study.best.parameters
    assert isinstance(trained.choice, LightGBMSpec)
    assert tuned.tuned == parameters_of(trained.choice)
    json.dumps(tuned.tuned)
