import numpy as np
import pytest

from tasks.judgement.leakage.audit import audit


def test_columns_that_add_up_to_the_target_are_named(loans) -> None:
    data = loans("regression")
    goods = data.draw.normal(size=3000)

    (leak,) = audit(data.case(goods=goods, freight=(data.labels - goods) / 2)).leaks

    assert (leak.kind, leak.severity, leak.column) == ("sum_of_columns", "refuse", "freight")
    assert 'features.exclude = ["freight", "goods"]' in leak.sentence


def test_a_sum_with_some_noise_is_a_model_and_no_leak(loans) -> None:
    data = loans("regression")
    data.labels = 2 * data.columns["debt"] - data.columns["income"] + 0.05 * data.draw.normal(size=3000)

    assert audit(data.case()).leaks == ()


def test_a_part_that_is_near_to_the_target_by_itself_does_not_hide_the_other(loans) -> None:
    data = loans("regression")
    freight = 0.02 * data.draw.normal(size=3000)

    leaks = audit(data.case(goods=data.labels - freight, freight=freight)).leaks

    assert [(leak.kind, leak.severity, leak.column) for leak in leaks] == [
        ("near_copy", "refuse", "goods"),
        ("sum_of_columns", "refuse", "freight"),
    ]


@pytest.mark.parametrize("how", ["excluded", "outcome"])
def test_the_other_part_of_a_sum_is_asked_about_where_one_is_left_out(loans, how: str) -> None:
    data = loans("regression")
    goods = data.draw.normal(size=3000)
    left_out = {"goods": goods}

    case = data.case(
        freight=data.labels - goods,
        beside=left_out if how == "excluded" else None,
        outcomes=left_out if how == "outcome" else None,
    )
    (leak,) = audit(case).leaks

    assert (leak.kind, leak.severity, leak.column) == ("sum_of_columns", "warn", "freight")
    assert leak.sentence.startswith("with goods, which nothing is learned from, freight adds up to the target")


def test_what_was_before_a_change_is_known_beforehand(loans) -> None:
    data = loans("regression")
    before = data.draw.normal(size=3000)

    assert audit(data.case(before=before, outcomes={"after": before + data.labels})).leaks == ()


def test_an_opening_balance_is_what_the_last_closing_balance_was(loans) -> None:
    data = loans("regression")
    turnover = data.draw.normal(size=3000)
    data.labels = np.cumsum(turnover)

    assert audit(data.case(opening=data.labels - turnover, outcomes={"turnover": turnover})).leaks == ()


def test_parts_that_are_all_left_out_say_nothing_of_features(loans) -> None:
    data = loans("regression")
    goods = data.draw.normal(size=3000)

    assert audit(data.case(outcomes={"goods": goods, "freight": data.labels - goods, "total": data.labels})).leaks == ()
