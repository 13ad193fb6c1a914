import numpy as np
import pytest

from tasks.data.distinct import distinct


@pytest.mark.parametrize("numbers", [[], [7], [3, 1, 3, 2, 1], [2**63 - 1, -(2**63), 0, 0]])
def test_each_number_once_and_in_order(numbers: list[int]) -> None:
    whole = np.asarray(numbers, dtype=np.int64)

    assert distinct(whole).tolist() == sorted(set(numbers))
    assert distinct(whole).dtype == np.int64
