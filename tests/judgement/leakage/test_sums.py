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
