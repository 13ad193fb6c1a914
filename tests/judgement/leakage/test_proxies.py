import numpy as np
import pytest

from tasks.judgement.leakage.audit import audit

TASKS = ["binary", "multiclass", "regression"]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("function", [lambda y: y, lambda y: 5 - 3 * y, np.exp])
def test_a_monotone_function_of_the_target_is_a_copy(loans, task, function) -> None:
    data = loans(task)

    (leak,) = audit(data.case(status=function(data.labels))).leaks

    assert (leak.kind, leak.severity, leak.column) == ("target_copy", "refuse", "status")
    assert leak.figure == pytest.approx(1, abs=1e-3)


def test_labels_of_which_two_per_cent_are_flipped_are_a_near_copy_and_the_next_best_is_named(loans) -> None:
    data = loans()
    flipped = np.where(data.draw.random(3000) < 0.02, 1 - data.labels, data.labels)

    (leak,) = audit(data.case(status=flipped)).leaks

    assert (leak.kind, leak.severity) == ("near_copy", "refuse")
    assert 0.85 < leak.figure < 0.97
    assert "alone it explains 9" in leak.sentence
    assert 'role "outcome"' in leak.sentence
    assert 'features.exclude = ["status"]' in leak.sentence


def test_two_near_copies_do_not_hide_each_other(loans) -> None:
    data = loans()
    one, other = (np.where(data.draw.random(3000) < 0.02, 1 - data.labels, data.labels) for _ in range(2))

    found = audit(data.case(one=one, other=other)).leaks

    assert {leak.column for leak in found} == {"one", "other"}


@pytest.mark.parametrize("task", TASKS)
def test_words_and_codes_that_stand_for_the_label_decide_it(loans, task) -> None:
    data = loans(task)
    codes = np.digitize(data.labels, np.quantile(data.labels, np.linspace(0, 1, 21)[1:-1])) * 3 + np.arange(3000) % 3
    words = np.array([f"S{code}" for code in range(70)])[codes]

    found = audit(data.case(word=words, code=codes * 37 % 101)).leaks

    assert {leak.column for leak in found} == {"word", "code"}
    assert next(leak.kind for leak in found if leak.column == "word") == "deciding_category"


def test_strong_columns_that_see_the_same_thing_are_no_leak(loans) -> None:
    data = loans()
    markers = {f"marker_{i}": 2.7 * data.labels + data.draw.normal(size=3000) for i in range(3)}

    assert audit(data.case(**markers)).leaks == ()


def test_a_leak_stands_out_among_strong_columns(loans) -> None:
    data = loans()
    markers = {f"marker_{i}": 2.7 * data.labels + data.draw.normal(size=3000) for i in range(3)}
    flipped = np.where(data.draw.random(3000) < 0.02, 1 - data.labels, data.labels)

    (leak,) = audit(data.case(**markers, status=flipped)).leaks

    assert leak.column == "status"
