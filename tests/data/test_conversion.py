from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.data.contract import Column, Contract
from tasks.data.conversion import conform, convert
from tasks.errors import DataRefused

NUMBER, WHOLE, TRUTH = pa.float64(), pa.int64(), pa.bool_()
TEXT, TIME = pa.dictionary(pa.int32(), pa.string()), pa.timestamp("us", tz="UTC")
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)


def converted(values: list[Any] | pa.Array, kind: pa.DataType) -> tuple[list[Any], list[bool]]:
    found = convert(pa.chunked_array([values]), Column("x", kind, True, "feature"))
    assert found.values.type == kind
    return found.values.to_pylist(), found.unreadable.tolist()


@pytest.mark.parametrize(
    ("found", "kind", "values"),
    [
        ([1, 2, None], NUMBER, [1.0, 2.0, None]),
        (["1", "2.5", None], NUMBER, [1.0, 2.5, None]),
        ([1.0, 2.0, None], WHOLE, [1, 2, None]),
        (["1", "2", None], WHOLE, [1, 2, None]),
        (["yes", "F", " True ", "0", None], TRUTH, [True, False, True, False, None]),
        ([1, 0, None], TRUTH, [True, False, None]),
        ([1.0, 0.0], TRUTH, [True, False]),
        ([7, 8, 7], TEXT, ["7", "8", "7"]),
        ([True, None], TEXT, ["true", None]),
        (pa.array(["a", "b"]).dictionary_encode(), TEXT, ["a", "b"]),
        (pa.array(["1", "2", "1"]).dictionary_encode(), NUMBER, [1.0, 2.0, 1.0]),
        (pa.array([NOON], pa.timestamp("s", "UTC")), TIME, [NOON]),
        (pa.nulls(2), TEXT, [None, None]),
        (pa.nulls(2), NUMBER, [None, None]),
    ],
)
def test_values_are_read_as_the_type_that_the_contract_names(
    found: list[Any] | pa.Array, kind: pa.DataType, values: list[Any]
) -> None:
    assert converted(found, kind) == (values, [False] * len(values))


@pytest.mark.parametrize(
    ("found", "kind", "values"),
    [
        (["1", "wide", None, "wide"], NUMBER, [1.0, None, None, None]),
        (["1", "2.5"], WHOLE, [1, None]),
        ([1.0, 2.5], WHOLE, [1, None]),
        (["yes", "perhaps"], TRUTH, [True, None]),
        (["2024-06-01T12:00:00Z", "soon"], TIME, [NOON, None]),
    ],
)
def test_a_value_of_another_type_is_marked_and_the_others_are_read(
    found: list[Any], kind: pa.DataType, values: list[Any]
) -> None:
    expected = [value is None and given is not None for given, value in zip(found, values, strict=True)]

    assert converted(found, kind) == (values, expected)


def test_a_number_is_not_a_truth_unless_it_is_0_or_1() -> None:
    """A true/false column that holds 0, 1 and 2 has a value of another type."""
    assert converted([0, 1, 2], TRUTH) == ([False, True, None], [False, False, True])


@given(st.lists(st.none() | st.sampled_from(["1", "2.5", "x", "", "-3e2", "nan"]), min_size=1, max_size=20))
def test_a_value_is_missing_or_unreadable_or_read_and_nothing_else(words: list[str | None]) -> None:
    values, unreadable = converted(pa.array(words, pa.string()), NUMBER)

    for word, value, bad in zip(words, values, unreadable, strict=True):
        assert bad == (word is not None and value is None)


@given(st.lists(st.none() | st.text(max_size=3), max_size=20))
def test_text_comes_back_as_it_was_however_it_was_encoded(words: list[str | None]) -> None:
    array = pa.array(words, pa.string())

    for form in (array, array.dictionary_encode(), array.cast(pa.large_string())):
        assert converted(form, TEXT) == (words, [False] * len(words))


def test_rows_from_elsewhere_get_the_contract_s_types(contract: Contract) -> None:
    rows = pa.table({"price": ["10", "20"], "country": ["de", "it"], "colour": ["red", "blue"]})

    found = conform(rows, contract, ["country", "price"])

    assert found.to_pydict() == {"country": ["de", "it"], "price": [10.0, 20.0]}
    assert found.schema.types == [TEXT, NUMBER]


def test_rows_from_elsewhere_that_lack_a_column_are_refused_with_those_it_reads(contract: Contract) -> None:
    with pytest.raises(DataRefused, match="the rows lack price, weight; the model reads country, price, weight"):
        conform(pa.table({"country": ["de"]}), contract, ["country", "price", "weight"])


def test_rows_from_elsewhere_of_another_type_are_refused_with_the_columns(contract: Contract) -> None:
    rows = pa.table({"price": ["dear"], "weight": ["heavy"], "country": ["de"]})

    with pytest.raises(DataRefused, match=r"values of another type in price, weight; see .*returns\.py"):
        conform(rows, contract, ["price", "weight", "country"])
