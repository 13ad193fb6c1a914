from datetime import timedelta

import pytest

from tasks.replay.accounts import Account
from tasks.replay.advice import advise
from tasks.replay.prices import Prices, read_prices
from tasks.replay.walk import Step, Walk
from tasks.spec import PolicySpec
from tests.replay.conftest import START, STEP, check_at, compared, made_at, ruling


def account(name: str, gain: float, trainings: int, *, error: float = 0.001, steps: int = 50) -> Account:
    """A policy that lost so much less than never, by so many trainings."""
    rules = PolicySpec(retrain="never")
    walked = Walk(
        name,
        rules,
        tuple(
            Step(
                START + (number + 1) * STEP,
                START,
                START,
                check_at(START + (number + 1) * STEP),
                check_at(START).decision,
                made_at(START) if number < trainings else None,
                ruling() if number < trainings else None,
                "",
                promoted=number < trainings,
            )
            for number in range(steps)
        ),
    )
    against = None if name == "never" else compared(gain, error)
    return Account(walked, 0.5 - gain, (), 1000, against, None, 0.0)


NEVER = account("never", 0, 0)
MARGIN = 0.005


def test_of_policies_nearly_as_good_as_the_best_the_sparest_is_recommended() -> None:
    found = advise(
        [NEVER, account("always", 0.0202, 50), account("monthly", 0.02, 11), account("quarterly", 0.01, 4)],
        Prices(),
        MARGIN,
    )

    assert found.policy == "monthly"
    assert "99% of the gain of always" in found.reasons[0]
    assert "11 trainings, where always made 50" in found.reasons[1]
    assert any("80% of the best gain: monthly" in line for line in found.sensitivity)
    assert any("100% of the best gain: always" in line for line in found.sensitivity)
    assert found.too_short is None


def test_what_a_policy_lacks_within_the_margin_does_not_count() -> None:
    found = advise([NEVER, account("always", 0.02, 50), account("monthly", 0.016, 11)], Prices(), MARGIN)

    assert found.policy == "monthly"
    assert "what it lacks, 0.004, is less than the 0.005 that counts as not worse" in found.reasons
    assert "asked for 80% of the best gain: monthly" in found.sensitivity
    assert "asked for 90% of the best gain: always" in found.sensitivity


def test_where_the_most_that_is_gained_lies_within_the_margin_the_policy_that_waits_is_recommended() -> None:
    idle = account("on_performance", 0.0, 1)

    found = advise([NEVER, account("always", 0.004, 50), idle], Prices(), MARGIN)

    assert found.policy == "on_performance"
    assert found.reasons == (
        "always gains the most over never training again: 0.004 a row, and up to 0.005 counts as not worse",
        "on_performance trains only once a loss is certain: 1 training here",
    )
    assert "asked for 100% of the best gain: always" in found.sensitivity


def test_a_gain_that_is_not_shown_is_no_measure_of_those_that_are() -> None:
    lucky, sure = account("always", 0.04, 50, error=0.1), account("monthly", 0.02, 11)

    found = advise([NEVER, lucky, sure], Prices(), MARGIN)

    assert found.policy == "monthly"
    assert "the most of all" in found.reasons[0]


def test_where_nothing_is_shown_to_gain_the_policy_that_waits_for_a_loss_is_recommended() -> None:
    idle = account("on_performance", 0.0, 0, error=0.001)

    found = advise([NEVER, account("always", 0.001, 50, error=0.01), idle], Prices(), MARGIN)

    assert found.policy == "on_performance"
    assert "on_performance trains only once a loss is certain: 0 trainings here" in found.reasons


def test_one_that_lost_more_than_never_is_not() -> None:
    worse = account("on_performance", -0.02, 6, error=0.001)

    assert advise([NEVER, worse], Prices(), MARGIN).policy == "never"


def test_of_what_costs_the_same_waiting_comes_before_never() -> None:
    idle = account("on_performance", 0.0, 0)

    assert advise([NEVER, idle], Prices(training=1.0, loss=1.0), MARGIN).policy == "on_performance"


def test_what_is_not_shown_to_be_better_is_not_recommended() -> None:
    found = advise([NEVER, account("always", 0.001, 50, error=0.01)], Prices(), MARGIN)

    assert found.policy == "never"
    assert found.too_short is not None
    assert "always differs from never by +0.001" in found.too_short
    assert "625.0 times as many" in found.too_short


def test_policies_that_are_shown_to_be_worse_are_an_answer_and_no_short_history() -> None:
    found = advise([NEVER, account("always", -0.02, 50)], Prices(), MARGIN)

    assert (found.policy, found.too_short) == ("never", None)


def test_with_prices_the_cheapest_is_recommended_and_what_other_prices_would_change_is_said() -> None:
    many, some = account("always", 0.0202, 50), account("monthly", 0.018, 11)

    cheap = advise([NEVER, many, some], Prices(training=0.01, loss=1), MARGIN)
    dear = advise([NEVER, many, some], Prices(training=0.08, loss=1), MARGIN)
    too_dear = advise([NEVER, many, some], Prices(training=5, loss=1), MARGIN)

    assert (cheap.policy, dear.policy, too_dear.policy) == ("always", "monthly", "never")
    assert dear.sensitivity == (
        "with trainings, reviews and promotions twice as dear: monthly",
        "with trainings, reviews and promotions half as dear: always",
    )


def test_a_price_is_counted_for_each_training_review_promotion_and_row() -> None:
    one = account("monthly", 0.02, 11)

    assert one.total(Prices(training=1)) == 11
    assert one.total(Prices(review=2, promotion=3)) == 55
    assert one.total(Prices(loss=2)) == pytest.approx(2 * 0.48 * 1000)


def test_prices_are_those_of_the_spec_unless_others_are_given() -> None:
    rules = PolicySpec(training_cost=5, loss_price=0.5)

    assert read_prices((), rules) == Prices(training=5, loss=0.5)
    assert read_prices(("review=20,loss=1",), rules) == Prices(training=5, review=20, loss=1)


@pytest.mark.parametrize("given", ["training", "training=x", "train=5", "loss=-1", "loss=nan", "loss=inf"])
def test_a_price_that_cannot_be_one_is_refused(given: str) -> None:
    with pytest.raises(Exception, match=rf"--costs: found '{given}'; allowed: training=NUMBER, review=NUMBER"):
        read_prices((given,), PolicySpec())


def test_the_worst_step_is_told_with_its_date() -> None:
    one = account("never", 0, 0, steps=3)

    assert Account(one.walk, 0.5, (0.5, 0.9, float("nan")), 3, None, None, 0.0).worst == (
        START + 2 * timedelta(days=7),
        0.9,
    )
