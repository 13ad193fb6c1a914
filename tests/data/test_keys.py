import numpy as np
import pyarrow as pa

from tasks.data.keys import group_codes, row_keys


def test_a_key_is_the_same_number_in_any_table_and_encoding() -> None:
    one = pa.table({"day": [1, 2], "who": ["a", "b"]})
    other = pa.table({"day": [2, 1], "who": pa.array(["b", "a"]).dictionary_encode()})

    np.testing.assert_array_equal(row_keys(one, ["day", "who"]), row_keys(other, ["day", "who"])[::-1])


def test_different_keys_have_different_numbers() -> None:
    size = 100_000
    table = pa.table({"a": np.arange(size) % 317, "b": (np.arange(size) // 317).astype(str)})

    assert len(np.unique(row_keys(table, ["a", "b"]))) == size


def test_a_gap_in_a_key_changes_no_other_row_s_number() -> None:
    whole, gap = pa.table({"a": [1, 2, 3]}), pa.table({"a": [1, None, 3]})

    assert (row_keys(whole, ["a"]) == row_keys(gap, ["a"])).tolist() == [True, False, True]


def test_a_text_column_without_any_value_tells_no_rows_apart() -> None:
    empty = pa.nulls(3, pa.string())

    for column in (empty, empty.dictionary_encode()):
        assert len(set(row_keys(pa.table({"a": column}), ["a"]).tolist())) == 1


def test_a_row_without_a_group_is_a_group_of_its_own() -> None:
    codes = group_codes(pa.table({"who": ["a", None, "a", None]}), "who")

    assert codes is not None
    assert codes[0] == codes[2]
    assert len({*codes.tolist()}) == 3


def test_the_order_of_the_columns_of_a_key_counts() -> None:
    table = pa.table({"a": [1, 2], "b": [2, 1]})

    assert row_keys(table, ["a", "b"])[0] != row_keys(table, ["a", "b"])[1]


def test_words_that_repeat_and_words_that_do_not_have_the_same_numbers() -> None:
    often = pa.table({"who": ["a", "b"] * 50})
    seldom = pa.table({"who": ["b", "c", "a"]})

    numbers = dict(zip(often["who"].to_pylist(), row_keys(often, ["who"]), strict=True))
    assert row_keys(seldom, ["who"])[[0, 2]].tolist() == [numbers["b"], numbers["a"]]
