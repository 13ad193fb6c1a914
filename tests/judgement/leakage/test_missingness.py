import numpy as np
import pyarrow as pa
import pytest

from tasks.judgement.leakage.audit import audit


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_a_column_that_is_filled_after_the_outcome_gives_it_away(loans, task, share) -> None:
    data = loans(task)
    filled = (data.labels > np.quantile(data.labels, 0.6)) & (data.draw.random(3000) < share)

    (leak,) = audit(data.case(recovered=pa.array(data.draw.normal(size=3000), mask=~filled))).leaks

    assert (leak.kind, leak.severity, leak.column) == ("missingness", "refuse", "recovered")
    assert "whether recovered is filled decides the target" in leak.sentence


def test_gaps_that_have_to_do_with_the_label_are_honest(loans) -> None:
    data = loans()
    gaps = data.draw.random(3000) < 0.1 + 0.5 * data.labels

    assert audit(data.case(score=pa.array(data.draw.normal(size=3000), mask=gaps))).leaks == ()


def test_nan_is_a_gap_too(loans) -> None:
    data = loans()

    (leak,) = audit(data.case(recovered=np.where(data.labels == 1, data.draw.normal(size=3000), np.nan))).leaks

    assert leak.kind == "missingness"
