from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tasks.judgement.leakage.audit import audit


def test_an_outcome_that_is_read_is_refused_even_if_it_tells_nothing(loans) -> None:
    data = loans()
    case = data.case(refund=data.draw.normal(size=3000))

    (leak,) = audit(replace(case, outcomes=frozenset({"refund"}))).leaks

    assert (leak.kind, leak.severity, leak.column) == ("outcome_column", "refuse", "refund")
    assert 'the contract says role "outcome"' in leak.sentence


@pytest.mark.parametrize("rename", [lambda codes: codes, lambda codes: np.array([f"code {c}" for c in codes])])
def test_a_copy_of_an_outcome_is_known_by_what_it_says(loans, rename) -> None:
    data = loans()
    codes = data.draw.integers(0, 30, 3000)

    (leak,) = audit(data.case(state=rename(codes), outcomes={"settled": codes})).leaks

    assert (leak.kind, leak.column) == ("outcome_column", "state")
    assert leak.sentence.startswith("state says the same as the outcome settled in 100 % of the rows")


def test_columns_that_hardly_vary_and_numbers_of_their_own_are_no_copies(loans) -> None:
    data = loans()
    rare = pa.array(np.arange(3000) == 5)

    found = audit(
        data.case(rare=rare, amount=data.draw.normal(size=3000), outcomes={"paid": rare, "sum": np.arange(3000.0)})
    )

    assert found.leaks == ()
