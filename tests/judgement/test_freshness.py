import numpy as np

from tasks.judgement.freshness import unseen


def keys(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.uint64)


def test_a_row_whose_key_was_seen_is_not_fresh_and_its_neighbours_are() -> None:
    largest = 2**64 - 1

    assert unseen(keys(1, largest, 3, 1), keys(largest, 7)).tolist() == [True, False, True, True]


def test_every_row_is_fresh_to_a_model_that_has_seen_nothing() -> None:
    assert unseen(keys(1, 2), keys()).tolist() == [True, True]
    assert unseen(keys(), keys(1)).tolist() == []
