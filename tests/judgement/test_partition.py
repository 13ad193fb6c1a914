import numpy as np
import pyarrow as pa

from tasks.judgement.partition import Partition, by_quantile, by_value, in_phrases, largest


def test_values_are_in_the_order_of_their_text_and_missing_is_one_of_them() -> None:
    parts = by_value(pa.chunked_array([["LGA", None], ["EWR", "LGA"]]))

    assert parts.names == ("(missing)", "EWR", "LGA")
    assert parts.codes.tolist() == [2, 0, 1, 2]
    assert parts.sizes().tolist() == [1, 1, 2]


def test_numbers_are_parted_into_ranges_that_say_so() -> None:
    values = np.append(np.arange(10.0), np.nan)

    parts = by_quantile(values, "hour", bins=2)

    assert parts.names == ("hour < 4.5", "4.5 ≤ hour", "hour (missing)")
    assert parts.sizes().tolist() == [5, 5, 1]


def test_a_column_without_numbers_is_one_part() -> None:
    assert by_quantile(np.full(3, np.nan), "x", bins=5).sizes().tolist() == [0, 3]


def test_small_values_are_taken_together() -> None:
    parts = largest(Partition(np.array([0, 1, 1, 2, 3, 3]), ("a", "b", "c", "d")), 2)

    assert parts.names == ("b", "d", "(other)")
    assert parts.codes.tolist() == [2, 0, 0, 2, 1, 1]
    assert in_phrases(parts, "origin").names[0] == "origin = b"
