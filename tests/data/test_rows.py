import numpy as np
import pyarrow as pa

from tasks.data.rows import Rows, at, where


def test_rows_are_chosen_across_chunks_and_keep_their_order_and_types() -> None:
    words = pa.chunked_array([pa.array(["a", None]).dictionary_encode(), pa.array(["a", "b"]).dictionary_encode()])
    table = pa.table({"number": pa.chunked_array([[1, 2, 3], [4]]), "word": words.unify_dictionaries()})
    mask = np.array([True, False, True, True])
    chosen = where(table, mask)
    assert chosen.schema == table.schema
    assert chosen.to_pydict() == {"number": [1, 3, 4], "word": ["a", "a", "b"]}


def test_a_mask_of_all_rows_copies_nothing_and_one_of_none_keeps_the_columns() -> None:
    table = pa.table({"number": [1, 2]})
    assert where(table, np.ones(2, dtype=bool)) is table
    assert where(table, np.zeros(2, dtype=bool)).schema == table.schema


def test_rows_at_places_are_those_that_take_gives_whatever_the_chunks() -> None:
    table = pa.table({"number": pa.chunked_array([[1, 2, 3], [], [4, 5]]), "word": pa.array(list("abcde"))})
    places = np.array([0, 2, 3, 3])

    assert at(table, places).to_pydict() == table.take(pa.array(places)).to_pydict()
    assert at(table, places[:0]).schema == table.schema


def test_rows_of_a_mask_are_read_by_column_and_by_place_as_if_they_had_been_copied() -> None:
    table = pa.table({"number": pa.chunked_array([[1, 2, 3], [4]]), "word": pa.array(list("abcd"))})
    mask = np.array([True, False, True, True])
    some, copied = Rows(table, mask), where(table, mask)

    assert some.num_rows == copied.num_rows
    assert some.column("word").to_pylist() == copied.column("word").to_pylist()
    assert at(some.select(["number"]), np.array([1, 2])).to_pydict() == {"number": [3, 4]}


def test_of_no_rows_none_are_taken() -> None:
    table = pa.table({"number": pa.chunked_array([], pa.int64())})

    assert at(table, np.array([], dtype=np.intp)).equals(table)
