import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from tasks.judgement.leakage.audit import audit

SCALINGS = {
    "standardised": lambda x, fit: (x - fit.mean()) / fit.std(),
    "only spread": lambda x, fit: x / fit.std(ddof=1),
    "unit range": lambda x, fit: (x - fit.min()) / (fit.max() - fit.min()),
}


@pytest.mark.parametrize("scaling", SCALINGS)
def test_scaling_over_all_rows_is_told_from_scaling_over_train(loans, scaling) -> None:
    data = loans()
    raw = data.draw.normal(size=3000) + np.arange(3000) / 1000
    scale = SCALINGS[scaling]

    (leak,) = audit(data.case(rate=scale(raw, raw))).leaks

    assert (leak.kind, leak.severity, leak.column) == ("fitted_before_split", "warn", "rate")
    assert audit(data.case(rate=scale(raw, raw[:1800]))).leaks == ()


def test_shares_with_two_decimals_that_reach_one_late_are_honest(loans) -> None:
    data = loans()
    shares = np.round(data.draw.beta(2, 2, 3000), 2)
    shares[[0, 2990]] = 0, 1

    assert audit(data.case(share=shares)).leaks == ()


def test_the_scaled_diabetes_data_of_scikit_learn_are_known_for_what_they_are(loans) -> None:
    found = load_diabetes()
    data = loans("regression", rows=len(found.target))
    data.labels, data.columns = found.target, dict(zip(found.feature_names, found.data.T, strict=True))

    assert {leak.column for leak in audit(data.case()).leaks} == set(found.feature_names)
