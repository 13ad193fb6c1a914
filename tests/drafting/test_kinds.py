from pathlib import Path

import numpy as np

from tasks.drafting.spellings import find_spellings
from tests.drafting.conftest import Look, profile_of

N = 200
DRAW = np.random.default_rng(0)
NUMBERS = DRAW.normal(10, 3, N).round(3).tolist()


def test_each_column_is_what_it_is(look: Look) -> None:
    found = look(
        {
            "order_id": DRAW.permutation(10_000)[:N].tolist(),
            "instant": range(1, N + 1),
            "price": NUMBERS,
            "count": DRAW.integers(0, 9, N).tolist(),
            "city": DRAW.choice(["Köln", "Bonn"], N).tolist(),
            "zip": [f"0{n % 10}123" for n in range(N)],
            "day": [f"2024-01-{n % 28 + 1:02d}" for n in range(N)],
            "member": ["true", "false"] * (N // 2),
            "email": [f"a{n % 7}@b.example" for n in range(N)],
            "note": [f"please do look at number {n} again" for n in range(N)],
            "sku": [f"{n * 7919 % 1000:03d}-X{n}" for n in range(N)],
            "currency": ["EUR"] * N,
            "nothing": [None] * N,
        }
    )

    assert {name: column.kind for name, column in found.items()} == {
        "order_id": "id", "instant": "id", "price": "number", "count": "number", "city": "category", "zip": "category",
        "day": "time", "member": "flag", "email": "id", "note": "text", "sku": "id", "currency": "constant", "nothing": "empty",
    }  # fmt: skip


def test_whole_numbers_that_all_differ_and_measure_something_are_no_ids(look: Look) -> None:
    assert look({"weight_g": DRAW.permutation(90_000)[:N].tolist(), "x": NUMBERS})["weight_g"].kind == "number"


def test_whole_numbers_that_are_called_an_id_and_have_many_values_name_things(look: Look) -> None:
    codes = [n * 7 % 300 for n in range(900)]
    few = [n % 200 for n in range(900)]

    found = look({"shop_id": codes, "postcode": codes[::-1], "paid": [*codes[1:], 0], "rank_id": few})

    assert [found[name].kind for name in ("shop_id", "postcode", "paid", "rank_id")] == ["id", "id", "number", "number"]


def test_a_few_words_among_numbers_leave_it_a_number(look: Look) -> None:
    found = look({"x": ["12kg", *NUMBERS[1:]], "y": NUMBERS})["x"]

    assert (found.kind, found.unreadable) == ("number", 1)


def test_the_same_in_another_unit_or_by_other_words_is_seen_and_what_is_only_like_it_is_not(look: Look) -> None:
    words = DRAW.choice(["a", "b", "c"], N)
    found = look(
        {
            "km": NUMBERS,
            "miles": [x / 1.609344 for x in NUMBERS],
            "near": [x + 0.01 * e for x, e in zip(NUMBERS, DRAW.normal(size=N), strict=True)],
            "grade": words.tolist(),
            "label": [word.upper() * 2 for word in words],
        }
    )

    assert {name: column.same_as for name, column in found.items() if column.same_as} == {
        "miles": "km",
        "label": "grade",
    }


def test_spellings_of_missing_are_found_where_nothing_else_would_make_sense(tmp_path: Path) -> None:
    marked = ["?" if n % 9 == 0 else x for n, x in enumerate(NUMBERS)]
    coded = [-999 if n % 7 == 0 else x for n, x in enumerate(NUMBERS)]
    words = ["unknown" if n % 5 == 0 else "known" for n in range(N)]
    far = [999 if n == 3 else x for n, x in enumerate(NUMBERS)]

    found = find_spellings(profile_of({"a": marked, "b": coded, "c": words, "d": far}, tmp_path))

    assert {(one.word, one.column) for one in found} == {("?", "a"), ("-999", "b")}


def test_a_number_that_another_column_means_is_not_called_missing_anywhere(tmp_path: Path) -> None:
    coded = [-999 if n % 7 == 0 else x for n, x in enumerate(NUMBERS)]
    temperatures = [-999 + n for n in range(N // 4)] * 4

    assert find_spellings(profile_of({"a": coded, "b": temperatures}, tmp_path)) == ()


def test_missing_values_are_counted_with_their_spellings(look: Look) -> None:
    found = look({"a": ["?", None, *NUMBERS[2:]], "y": NUMBERS})["a"]

    assert (found.kind, found.missing) == ("number", 2)
