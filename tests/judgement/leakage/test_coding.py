import numpy as np
import pyarrow as pa
import pytest

from tasks.judgement.leakage.coding import MISSING, UNSEEN, codings


def both(learned, judged, kind=None):
    return codings(*(pa.chunked_array([pa.array(side, kind)]) for side in (learned, judged)))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_words_have_a_bin_each_and_gaps_and_new_ones_have_theirs(kind) -> None:
    (coded,) = both(["b", None, "a"], ["a", "c", None], kind)

    assert coded.learned.tolist() == [2, MISSING, 3]
    assert coded.judged.tolist() == [3, UNSEEN, MISSING]


@pytest.mark.parametrize("kind", [pa.int64(), pa.float32(), pa.decimal128(5, 1), pa.timestamp("us", "UTC")])
def test_few_numbers_have_a_bin_each(kind) -> None:
    (coded,) = both([7, None, 3], [3, 5, None], kind)

    assert (coded.learned.tolist(), coded.judged.tolist()) == ([3, MISSING, 2], [2, UNSEEN, MISSING])


def test_many_numbers_are_put_in_ranges_and_a_heaped_value_is_a_bin_by_itself() -> None:
    values = np.concatenate([np.zeros(3000), np.random.default_rng(0).random(3000)])

    (coded,) = both(values, [0.0, 1e-4, 99.0])

    assert not coded.by_value
    assert len(np.unique(coded.judged)) == 3
    assert set(coded.learned[:3000]) == {coded.judged[0]}
    assert coded.judged[0] not in coded.learned[3000:]


def test_whole_numbers_of_middling_variety_may_be_codes_or_quantities() -> None:
    assert [coded.by_value for coded in both(list(range(200)), list(range(200)))] == [False, True]


def test_lists_cannot_be_put_in_bins() -> None:
    assert both([[1]], [[2]]) == ()
