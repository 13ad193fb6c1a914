"""Which part of train a candidate learns from."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.data.window import Window, microseconds_of
from tasks.learning.baseline import BaselineSpec
from tasks.learning.estimator import fit
from tasks.learning.problem import Problem
from tasks.learning.training import train
from tasks.learning.windows import TrainWindow, choices, windows_of
from tasks.spec import LightGBMSpec, WindowSpec, read_spec

DAY = microseconds_of(timedelta(days=1))
DAYS, A_DAY = 100, 40


def spec(window, candidates=({"kind": "lightgbm", "rounds": 60, "leaves": 7},), metric="rmse", **more):
    return read_spec(
        {
            "model": "stream",
            "owner": "operations",
            "task": "regression",
            "source": {"uri": "stream.csv", "timestamp": "time", "key": ["id"], "target": "y"},
            "window": {"validation": "10d", "holdout": "10d", **window},
            "candidates": list(candidates),
            "gate": {"metric": metric, "min_rows": 50, **more},
        },
        "stream.toml",
    )


def rows(first, days, turn=None, before=-1):
    """Return rows of a stream whose rule is another one after day ``turn``; ages count from its end."""
    random = np.random.default_rng([0, first])
    values = random.normal(size=(days * A_DAY, 3)).astype(np.float32)
    day = first + np.arange(days * A_DAY) / A_DAY
    sign = np.where(day < turn, before, 1) if turn is not None else 1
    labels = sign * values[:, 0] + values[:, 1] + 0.3 * random.normal(size=len(values))
    ages = ((first + days - day) * DAY).astype(np.int64)
    return Labelled(FeatureMatrix(values, ("a", "b", "c"), (0, 0, 0)), labels, ages=ages)


def fitted(window, turn, **more):
    asked = spec(window, **more)
    return train(asked, rows(0, DAYS, turn), rows(DAYS, 10, turn), target=Target("y"), threads=1)


def test_after_a_turn_the_window_that_begins_behind_it_is_chosen():
    trained = fitted({"train": ["all", "30d", "60d"]}, turn=70)

    chosen = [one for one in trained.candidates if one.chosen]
    assert [(one.kind, one.window, one.rows) for one in chosen] == [("lightgbm", "30d", 30 * A_DAY)]
    assert trained.entry.choice.window == TrainWindow(timedelta(days=30))


def test_where_nothing_changes_all_of_history_is_chosen():
    trained = fitted({"train": ["all", "10d", "30d"]}, turn=None)

    assert str(trained.entry.choice.window) == "all"


def test_weights_by_age_win_over_all_of_history_after_a_turn():
    trained = fitted({"train": "all", "half_life": "5d"}, turn=60)

    assert [(one.window, one.full) for one in trained.candidates[1:]] == [("all", True), ("all, half-life 5d", True)]
    assert trained.entry.choice.window.half_life == timedelta(days=5)


@pytest.mark.parametrize("kind", ["linear", "lightgbm"])
def test_a_kind_that_is_given_weights_learns_what_the_weighty_rows_say(kind):
    trained = fitted({"train": "all", "half_life": "1d"}, turn=70, candidates=[{"kind": kind}])

    found = {(one.kind, one.window): one.value for one in trained.candidates}
    assert found[kind, "all, half-life 1d"] < 0.8 * found[kind, "all"]


@pytest.mark.parametrize(("task", "classes"), [("regression", ()), ("binary", (0, 1)), ("multiclass", (0, 1))])
def test_the_baseline_is_the_weighted_mean(task, classes):
    matrix = FeatureMatrix(np.zeros((4, 1), dtype=np.float32), ("a",), (0,))
    rows = Labelled(matrix, np.array([0.0, 0, 0, 1]), weights=np.array([0.5, 0.25, 0.25, 1]))
    model = fit(BaselineSpec(), rows, rows, Problem(task, Target("y", classes), 0, 1))

    assert model.predict(matrix)[0].tolist() == ([0.5, 0.5] if task == "multiclass" else 0.5)


def test_a_part_of_the_rows_has_lightgbm_s_bins_of_the_whole_and_its_own_labels_and_weights():
    whole = rows(0, DAYS)
    part = TrainWindow(timedelta(days=30), timedelta(days=10)).take(whole)
    alone = Labelled(part.matrix, part.labels, part.weights)
    problem, candidate = Problem("regression", Target("y"), 0, 1), LightGBMSpec(kind="lightgbm", rounds=40)
    new = rows(DAYS, 10)
    shared, own = (fit(candidate, given, new, problem).predict(new.matrix) for given in (part, alone))

    assert np.corrcoef(shared, own)[0, 1] > 0.99


def test_the_worse_windows_are_dropped_at_a_first_look_and_keep_their_value():
    trained = fitted({"train": ["all", "20d", "30d", "60d"], "half_life": "10d"}, turn=70)

    seen = {one.window: one.full for one in trained.candidates[1:]}
    assert list(seen) == ["all", "20d", "30d", "60d", "all, half-life 10d"]
    assert sum(seen.values()) == 2
    assert not seen["all"]
    assert all(np.isfinite(one.value) for one in trained.candidates)


def test_a_window_with_too_few_rows_or_no_others_is_left_out_with_the_reason():
    whole = rows(0, 40)
    found, out = choices(spec({"train": ["all", "1d", "90d"]}).window, whole, least=2 * 50, classes=False)

    assert [str(one.window) for one in found] == ["all"]
    assert [(one.what, one.why) for one in out] == [
        ("1d", "40 labelled rows; at least 100 are needed"),
        ("90d", "the same rows as all: there are no older ones"),
    ]


def test_a_window_of_one_class_is_left_out():
    whole = rows(0, 40)
    labels = np.where(whole.ages <= 10 * DAY, 0.0, (whole.labels > 0).astype(float))
    found, out = choices(
        spec({"train": ["10d", "all"]}).window, Labelled(whole.matrix, labels, ages=whole.ages), least=100, classes=True
    )

    assert [str(one.window) for one in found] == ["all"]
    assert out[0].why == "one class only in its 400 rows"


def test_refitting_learns_from_validation_too():
    validation, new = rows(DAYS, 10), rows(DAYS + 10, 10)
    before, after = (
        train(
            spec({"train": "30d", "refit": refit}, [{"kind": "linear"}]),
            rows(0, DAYS, DAYS, before=0),
            validation,
            target=Target("y"),
            threads=1,
        )
        for refit in (False, True)
    )

    errors = [np.square(model.chosen.predict(new.matrix) - new.labels).mean() for model in (before, after)]
    assert errors[1] < 0.8 * errors[0], "what is so since validation began was learned from it"
    assert before.candidates[1].value == after.candidates[1].value
    assert (before.refitted, after.refitted) == (False, True)


def test_the_same_rows_give_the_same_choice_whatever_the_threads(tmp_path):
    asked = spec({"train": ["all", "20d", "60d"], "half_life": "10d"}, [{"kind": "linear"}, {"kind": "lightgbm"}])

    def saved(threads):
        found = train(asked, rows(0, DAYS, 70), rows(DAYS, 10, 70), target=Target("y"), threads=threads)
        folder = tmp_path / str(threads)
        folder.mkdir()
        found.chosen.save(folder)
        return [path.read_bytes() for path in sorted(folder.iterdir())]

    assert saved(1) == saved(2)


def test_a_window_is_said_as_the_spec_says_it_and_knows_its_stretch_of_time():
    train = Window(None, datetime(2024, 3, 1, tzinfo=UTC))
    window = WindowSpec.model_validate(
        {"train": ["2w", "all"], "half_life": ["60d"], "validation": "7d", "holdout": "7d"}
    )

    assert [str(one) for one in windows_of(window)] == ["14d", "all", "all, half-life 60d"]
    assert windows_of(window)[0].within(train) == Window(datetime(2024, 2, 16, tzinfo=UTC), train.end)
    assert windows_of(window)[1].within(train) == train
