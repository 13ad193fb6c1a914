import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tasks.data.digest import column_digests

VALUES = st.lists(
    st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=3), st.sampled_from(["a", "b"])),
    max_size=20,
)


def digest(array: pa.Array | pa.ChunkedArray) -> str:
    return column_digests(pa.table({"x": array}))["x"]


@given(VALUES)
def test_text_has_one_digest_however_it_is_encoded_or_chunked(values: list[str | None]) -> None:
    plain = pa.array(values, pa.string())
    chunks = pa.chunked_array([plain[:3], plain[3:]], pa.string())
    sliced = pa.array(["x", *values], pa.string())[1:]

    assert len({digest(a) for a in (plain, plain.dictionary_encode(), chunks, sliced)}) == 1


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), max_size=20))
def test_numbers_have_one_digest_however_they_are_chunked_or_sliced(values: list[float | None]) -> None:
    plain = pa.array(values, pa.float64())
    chunks = pa.chunked_array([plain[:3], plain[3:]], pa.float64())

    assert digest(plain) == digest(chunks) == digest(pa.array([1.5, *values], pa.float64())[1:])


def test_one_changed_value_changes_the_digest_wherever_it_stands() -> None:
    numbers = list(range(1000))
    original = digest(pa.array(numbers))

    assert all(digest(pa.array([*numbers[:i], -1, *numbers[i + 1 :]])) != original for i in (0, 500, 999))


def test_a_missing_number_is_not_a_zero_and_a_number_is_not_its_type_s_neighbour() -> None:
    arrays = [
        pa.array([0.0]),
        pa.array([None], pa.float64()),
        pa.array([0]),
        pa.array([False]),
        pa.array([None], pa.bool_()),
        pa.array([""]),
        pa.array([None], pa.string()),
        pa.array([0], pa.timestamp("us", "UTC")),
    ]

    assert len({digest(array) for array in arrays}) == len(arrays)
