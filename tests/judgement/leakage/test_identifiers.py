from dataclasses import replace

import numpy as np
import pytest

from tasks.judgement.leakage.audit import audit

NUMBERS = np.random.default_rng(5).permutation(3000)


def named(label, number: int) -> dict[str, str]:
    return {
        "the last character": f"A{number:05d}{'NY'[label]}",
        "the first character": f"{'NY'[label]}{number:05d}",
        "the number": f"A{label * 90_000 + number:06d}",
    }


@pytest.mark.parametrize("part", named(0, 0))
def test_a_part_of_a_name_that_decides_the_label_is_named(loans, part) -> None:
    data = loans()
    names = np.array([named(int(y), number)[part] for y, number in zip(data.labels, NUMBERS, strict=True)])

    (leak,) = audit(data.case(contract=names)).leaks

    assert (leak.kind, leak.severity, leak.column) == ("identifier", "refuse", "contract")
    assert 'role "identifier"' in leak.sentence


def test_the_last_digit_and_the_range_of_a_number_that_is_a_key_may_decide(loans) -> None:
    data = loans()
    digit = data.case(number=10 * NUMBERS + data.labels.astype(int))
    range_ = replace(data.case(number=NUMBERS + (5000 * data.labels).astype(int)), key=("loan", "number"))

    assert audit(digit).leaks[0].sentence.startswith("the last digit of number explains")
    assert audit(range_).leaks[0].sentence.startswith("the range of number explains")


def test_a_text_that_is_another_in_every_row_only_names_it(loans) -> None:
    (leak,) = audit(loans().case(contract=np.array([f"c{number}" for number in NUMBERS]))).leaks

    assert (leak.kind, leak.severity, leak.column, leak.figure) == ("identifier", "warn", "contract", 1)


def test_a_text_whose_words_are_learned_from_may_be_another_in_every_row(loans) -> None:
    case = loans().case(contract=np.array([f"c{number}" for number in NUMBERS]))

    assert audit(replace(case, texts=frozenset({"contract"}))).leaks == ()


def test_amounts_and_the_branch_of_a_key_are_honest(loans) -> None:
    data = loans()
    case = data.case(cents=(1e6 * np.exp(data.draw.normal(size=3000))).astype(int))

    assert audit(replace(case, key=("loan", "branch"))).leaks == ()
