from datetime import timedelta

import pytest

from tasks.replay.contenders import contenders, describe
from tasks.replay.walk import Walk, walk
from tasks.spec import ModelSpec, PolicySpec
from tests.replay.conftest import FIRST, START, STEP, MadeUpPast, moments

pytestmark = pytest.mark.usefixtures("spec")


def walked(spec: ModelSpec, name: str, past: MadeUpPast, steps: int = 8, **rules: object) -> Walk:
    found = next(one for one in contenders([name], spec, step=STEP) if one.name == name)
    return walk(name, found.rules.model_copy(update=rules), past, first=FIRST, moments=moments(steps))


def test_never_keeps_its_first_champion(spec: ModelSpec) -> None:
    past = MadeUpPast()

    found = walked(spec, "never", past)

    assert (found.trainings, found.promotions, past.trained) == (0, 0, [])
    assert past.seen == [(START, at) for at in moments(8)]


def test_always_trains_at_every_step_and_each_champion_serves_the_next_one(spec: ModelSpec) -> None:
    past = MadeUpPast()

    found = walked(spec, "always", past)

    assert past.trained == list(moments(8))
    assert [step.champion for step in found.steps] == [START, *moments(7)]
    assert found.promotions == 8


def test_a_challenger_that_is_turned_away_leaves_the_champion_and_counts_as_a_training(spec: ModelSpec) -> None:
    found = walked(spec, "always", MadeUpPast(refuse=lambda at: at < START + 4 * STEP))

    assert found.trainings == 8
    assert found.promotions == 5
    assert [step.champion for step in found.steps[:5]] == [START, START, START, START, START + 4 * STEP]


def test_monthly_trains_once_in_thirty_days(spec: ModelSpec) -> None:
    past = MadeUpPast()

    walked(spec, "monthly", past, steps=10)

    assert past.trained == [START + 5 * STEP, START + 10 * STEP]


def test_a_broken_feed_stops_a_rhythm_until_it_is_mended(spec: ModelSpec) -> None:
    broken = {START + number * STEP: "fix_the_data" for number in (2, 3)}
    past = MadeUpPast(actions=broken)  # type: ignore[arg-type]

    walked(spec, "weekly", past, steps=5)

    assert past.trained == [START + number * STEP for number in (1, 4, 5)]


def test_a_loss_that_lasts_is_asked_about_and_checks_are_forgotten_with_their_champion(spec: ModelSpec) -> None:
    lost = {START + number * STEP: "retrain" for number in (3, 4, 5)}
    past = MadeUpPast(actions=lost)  # type: ignore[arg-type]

    found = walked(spec, "on_performance", past)

    assert past.trained[0] == START + 4 * STEP  # the check after it is the new champion's first
    assert next(step.decision.reason for step in found.steps if step.made) == "performance"


def test_a_training_that_a_loss_asked_for_is_followed_by_others_as_rows_double(spec: ModelSpec) -> None:
    lost = dict.fromkeys((START + STEP, START + 2 * STEP), "retrain")
    past = MadeUpPast(actions=lost)  # type: ignore[arg-type]

    found = walked(spec, "on_performance", past, steps=20)

    assert past.trained == [START + number * STEP for number in (2, 3, 4, 6, 10, 18)]
    assert [step.decision.reason for step in found.steps if step.made] == ["performance", *5 * ["schedule"]]


def test_trainings_in_vain_hold_the_next_one_back(spec: ModelSpec) -> None:
    lost = dict.fromkeys(moments(12), "retrain")
    past = MadeUpPast(actions=lost, refuse=lambda _: True)  # type: ignore[arg-type]

    walked(spec, "on_performance", past, steps=12, cooldown=timedelta(days=7), retrains_a_month=99)

    assert past.trained == [START + number * STEP for number in (2, 4, 8)]


def test_a_training_that_breaks_is_tried_again_at_the_next_step(spec: ModelSpec) -> None:
    past = MadeUpPast(broken=lambda at: at == START + STEP)

    found = walked(spec, "weekly", past, steps=3)

    assert past.trained == [START + number * STEP for number in (1, 2, 3)]
    assert found.steps[0].ruling is None
    assert found.steps[0].made is not None
    assert found.steps[0].made.why_not == "no rows"


def test_on_gain_lets_the_verdicts_say_when_age_has_cost_enough(spec: ModelSpec) -> None:
    past = MadeUpPast()

    found = walked(spec, "on_gain", past, steps=30, training_cost=200.0, loss_price=1.0)

    gaps = [later - earlier for earlier, later in zip(past.trained, past.trained[1:], strict=False)]
    assert past.trained[0] == START + STEP  # nothing is known of ageing: in the rhythm of policy.every
    assert all(gap > STEP for gap in gaps)
    assert "verdict" in found.steps[10].decision.reasons[0]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("every:14d", 'retrain = "every", every = "14d"'),
        ("weekly", 'retrain = "every", every = "7d"'),
        ("never", "never"),
        ("on_drift", "on_drift"),
    ],
)
def test_a_policy_is_called_what_a_spec_says(spec: ModelSpec, name: str, written: str) -> None:
    found = {one.name: one.rules for one in contenders([name], spec, step=STEP)}

    assert describe(found[name]) == written
    assert "never" in found


def test_of_two_names_for_one_policy_only_the_first_is_walked(spec: ModelSpec) -> None:
    assert [one.name for one in contenders(["weekly", "on_drift", "every:7d"], spec, step=STEP)] == [
        "never",
        "weekly",
        "on_drift",
    ]
    assert [one.name for one in contenders(["weekly"], spec, step=STEP / 7)] == ["never", "weekly", "always"]


def test_the_live_policy_is_the_spec_s_own(spec: ModelSpec) -> None:
    mine = spec.model_copy(update={"policy": PolicySpec(retrain="on_performance", windows=1)})

    assert {one.name: one.rules for one in contenders(["live"], mine, step=STEP)}["live"] == mine.policy


@pytest.mark.parametrize("name", ["sometimes", "every:", "every:fortnight"])
def test_a_policy_that_there_is_not_is_refused_with_those_there_are(spec: ModelSpec, name: str) -> None:
    with pytest.raises(Exception, match=rf"--policies: found '{name}'; allowed: never, weekly.*every:10d, live"):
        contenders([name], spec, step=STEP)
