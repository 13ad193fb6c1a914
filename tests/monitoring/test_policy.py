"""The policy on tables of checks and trainings: what it asks for, and what it says when it does not."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks.monitoring.history import History, Moment, Retraining
from tasks.monitoring.policy import decide
from tasks.monitoring.realised import Realised
from tasks.monitoring.staleness import Gain
from tasks.monitoring.triage import Action, Checked, Diagnosis
from tasks.spec.monitoring import PolicySpec

NOW = datetime(2024, 6, 30, tzinfo=UTC)


def says(action: Action) -> Diagnosis:
    return Diagnosis(action, "untold", (), f"{action}: because", 1.0, ())


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def checks(*actions: Action, alarmed: tuple[str, ...] = ("temp",)) -> tuple[Checked, ...]:
    return tuple(Checked(days_ago(len(actions) - place), action, alarmed) for place, action in enumerate(actions))


def loses(low: float) -> Realised:
    return Realised("log_loss", 0.5, 0.4, 0.6, 0.4, low + 0.05, low, low + 0.1, 1000, 0, NOW)


@pytest.mark.parametrize("retrain", ["never", "every", "on_drift", "on_performance", "on_gain"])
def test_no_policy_trains_on_a_broken_feed(retrain: str) -> None:
    decision = decide(says("fix_the_data"), History(), Moment(NOW), PolicySpec(retrain=retrain))  # type: ignore[arg-type]

    assert not decision.retrain
    assert decision.reasons[0] == "no training on a broken feed"


@pytest.mark.parametrize(("age", "due"), [(6.9, False), (7, True), (30, True)])
def test_every_asks_when_the_last_training_is_old_enough(age: float, due: bool) -> None:
    history = History(retrainings=(Retraining(days_ago(age), True, True),))

    decision = decide(says("nothing"), history, Moment(NOW), PolicySpec(retrain="every"))

    assert (decision.retrain, decision.reason) == (due, "schedule" if due else None)


@pytest.mark.parametrize(
    ("retrain", "before", "asked"),
    [
        ("on_drift", ("nothing", "retrain"), True),
        ("on_drift", ("watch", "nothing"), True),
        ("on_drift", ("nothing", "nothing"), False),
        ("on_drift", ("retrain", "nothing", "nothing"), False),
        ("on_performance", ("watch", "watch"), False),
        ("on_performance", ("retrain", "watch"), True),
    ],
)
def test_k_of_the_last_n_checks_must_ask(retrain: str, before: tuple[Action, ...], asked: bool) -> None:
    rules = PolicySpec(retrain=retrain, windows=2, of=3)  # type: ignore[arg-type]

    decision = decide(says("retrain"), History(checks(*before)), Moment(NOW), rules)

    assert decision.retrain is asked
    assert f"{'2' if asked else '1'} of the last 3 checks" in decision.reasons[0]


def test_nothing_is_asked_for_when_triage_does_not_say_retrain() -> None:
    decision = decide(says("watch"), History(checks("retrain", "retrain")), Moment(NOW), PolicySpec())

    assert decision.reasons == ("triage says watch, and not retrain",)


def gains(*per_day: float, days: float = 7, error: float = 0.001) -> tuple[Gain, ...]:
    """Verdicts on champions of some age, by what each found a day of age to cost."""
    return tuple(Gain(timedelta(days=days), days * one, error) for one in per_day)


PRICED = PolicySpec(retrain="on_gain", training_cost=100, loss_price=1)


@pytest.mark.parametrize(
    ("since", "per_day", "asked"),
    [
        (7, 0.01, True),  # 7 days at up to 0.07 a row and 1,000 rows a day: some 245
        (7, 0.0001, False),  # some 7
        (40, 0.0001, True),  # some 100
        (7, 0.0, False),
        (40, -0.01, False),
    ],
)
def test_on_gain_trains_when_age_may_have_cost_as_much_as_a_training(since: float, per_day: float, asked: bool) -> None:
    last = Retraining(days_ago(since), False, None, better=False)
    history = History(retrainings=(last,), gains=gains(per_day, per_day))

    decision = decide(says("nothing"), history, Moment(NOW, 1000, None, timedelta(days=since)), PRICED)

    assert decision.retrain is asked
    assert "2 verdicts" in decision.reasons[0]


@pytest.mark.parametrize(
    ("better", "since", "asked"),
    [
        ((True,), 27, False),
        ((True,), 28, True),
        ((False,), 55, False),
        ((False,), 56, True),
        ((False, False), 112, True),
    ],
)
def test_on_gain_tries_again_ever_more_rarely_though_age_seems_to_cost_nothing(
    better: tuple[bool, ...], since: float, asked: bool
) -> None:
    trainings = tuple(Retraining(days_ago(since + 50 * place), False, None, one) for place, one in enumerate(better))
    history = History(retrainings=trainings[::-1], gains=gains(-0.01))

    assert decide(says("nothing"), history, Moment(NOW, 1000, None, timedelta(days=since)), PRICED).retrain is asked


def test_on_gain_trains_in_its_rhythm_until_a_verdict_tells_what_age_costs() -> None:
    young, old = (Moment(NOW, 1000, None, timedelta(days=days)) for days in (6, 7))

    assert not decide(
        says("nothing"), History(retrainings=(Retraining(days_ago(6), False, None),)), young, PRICED
    ).retrain
    decision = decide(says("nothing"), History(retrainings=(Retraining(days_ago(7), False, None),)), old, PRICED)

    assert decision.reason == "schedule"
    assert "not known yet" in decision.reasons[0]


def test_on_gain_waits_longer_the_surer_it_is_that_age_costs_nothing() -> None:
    moment = Moment(NOW, 1000, None, timedelta(days=21))
    last = (Retraining(days_ago(21), False, None),)

    unsure = decide(says("nothing"), History(retrainings=last, gains=gains(0.0, error=0.01)), moment, PRICED)
    sure = decide(says("nothing"), History(retrainings=last, gains=gains(*20 * [0.0], error=0.01)), moment, PRICED)

    assert unsure.retrain
    assert not sure.retrain


@pytest.mark.parametrize(("low", "pays"), [(0.001, False), (0.02, True)])
def test_on_gain_trains_when_the_certain_loss_costs_more_than_a_training(low: float, pays: bool) -> None:
    rules = PolicySpec(retrain="on_gain", windows=1, training_cost=100, loss_price=1)
    moment = Moment(NOW, rows_per_day=1000, performance=loses(low))

    decision = decide(says("retrain"), History(), moment, rules)

    assert decision.retrain is pays
    assert pays or "it pays from a loss of 0.0143 in log_loss, and 0.001 is certain" in decision.reasons[0]


def test_a_training_a_day_ago_holds_the_next_one_back_and_says_until_when() -> None:
    history = History(retrainings=(Retraining(days_ago(1), False, True),))

    decision = decide(says("retrain"), history, Moment(NOW), PolicySpec(windows=1))

    assert not decision.retrain
    assert decision.reason == "drift"
    assert decision.wait_until == NOW + timedelta(days=2)
    assert decision.reasons[0] == "the last training was 1.0 days ago, and the cooldown is 3d"


@pytest.mark.parametrize(("helped", "wait"), [((True,), 3), ((False,), 6), ((False, False), 12), ((False, True), 3)])
def test_each_training_in_vain_doubles_the_wait(helped: tuple[bool, ...], wait: int) -> None:
    trainings = tuple(Retraining(days_ago(100 - place), True, one) for place, one in enumerate(helped))
    history = History(retrainings=(*trainings, Retraining(days_ago(wait - 0.5), True, None)))

    decision = decide(says("retrain"), history, Moment(NOW), PolicySpec(windows=1))

    assert not decision.retrain
    assert f"the cooldown is {wait}d" in decision.reasons[0].replace("1w", "7d")
    assert ("did not help" in decision.reasons[0]) is (wait > 3)


def test_a_spent_budget_says_so_and_when_it_is_not() -> None:
    trainings = tuple(Retraining(days_ago(days), True, True) for days in (29, 20, 10, 5))

    decision = decide(says("retrain"), History(retrainings=trainings), Moment(NOW), PolicySpec(windows=1))

    assert decision.reasons[0] == "the budget is spent: 4 of 4 trainings within 30 days"
    assert decision.wait_until == NOW + timedelta(days=1)


def test_trainings_that_nobody_asked_for_leave_the_budget_alone() -> None:
    trainings = tuple(Retraining(days_ago(days), False, True) for days in (29, 20, 10, 5))

    assert decide(says("retrain"), History(retrainings=trainings), Moment(NOW), PolicySpec(windows=1)).retrain
