from dataclasses import replace

import numpy as np
import pytest

from tasks.judgement.leakage.audit import audit


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_patients_with_one_label_on_both_sides_ask_to_be_declared(loans, task) -> None:
    data = loans(task)
    patients = np.empty(3000, dtype=int)
    patients[np.lexsort((data.draw.random(3000), data.labels))] = np.arange(3000) // 8

    (leak,) = audit(data.case(beside={"patient": patients})).leaks

    assert (leak.kind, leak.severity, leak.column) == ("shared_groups", "refuse", "patient")
    assert leak.sentence.endswith('source.group = "patient"')


def test_customers_who_come_again_each_with_a_leaning_are_honest(loans) -> None:
    data = loans()
    customers = data.draw.integers(0, 200, 3000)
    chance = 1 / (1 + np.exp(-2 * data.draw.normal(size=200)[customers]))
    data.labels = (data.draw.random(3000) < chance).astype(float)

    assert audit(data.case(beside={"customer": customers})).leaks == ()


def test_declared_groups_on_both_sides_are_counted(loans) -> None:
    case = loans().case()
    train, holdout = (replace(part, groups=np.arange(part.rows)) for part in (case.train, case.holdout))
    apart = replace(holdout, groups=np.where(np.arange(600) < 40, np.arange(600) % 10, 10_000))

    (leak,) = audit(replace(case, train=train, holdout=apart)).leaks

    assert (leak.kind, leak.severity, leak.column, leak.figure) == ("shared_groups", "refuse", None, 40)
    assert leak.sentence.startswith("40 rows of the holdout are of 10 groups that train or validation has too")
