import numpy as np
import pytest

from tasks.judgement.leakage.audit import audit


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("pull", [0, 7])
def test_means_of_the_target_over_all_rows_are_told_from_means_over_train(loans, task, pull) -> None:
    data = loans(task)
    city = data.draw.integers(0, 40, 3000)
    labels = (data.labels == 1).astype(float) if task == "multiclass" else data.labels

    def encoded(rows):
        sums, counts = np.bincount(city[rows], labels[rows], 40), np.bincount(city[rows], minlength=40)
        return ((sums + pull * labels[rows].mean()) / (counts + pull))[city]

    (leak,) = audit(data.case(city_rate=encoded(slice(None)))).leaks

    assert (leak.kind, leak.severity, leak.column) == ("fitted_before_split", "refuse", "city_rate")
    assert audit(data.case(city_rate=encoded(slice(1800)))).leaks == ()
