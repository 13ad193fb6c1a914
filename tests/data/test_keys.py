import numpy as np
import pyarrow as pa

from tasks.data.keys import row_keys


def test_a_key_is_the_same_number_in_any_table_and_encoding() -> None:
    one = pa.table({"day": [1, 2], "who": ["a", "b"]})
    other = pa.table({"day": [2, 1], "who": pa.array(["b", "a"]).dictionary_encode()})

    np.testing.assert_array_equal(row_keys(one, ["day", "who"]), row_keys(other, ["day", "who"])[::-1])


def test_different_keys_have_different_numbers() -> None:
    size = 100_000
    table = pa.table({"a": np.arange(size) % 317, "b": (np.arange(size) // 317).astype(str)})

    assert len(np.unique(row_keys(table, ["a", "b"]))) == size


def test_the_order_of_the_columns_of_a_key_counts() -> None:
    table = pa.table({"a": [1, 2], "b": [2, 1]})

    assert row_keys(table, ["a", "b"])[0] != row_keys(table, ["a", "b"])[1]
