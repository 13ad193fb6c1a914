import numpy as np
import pyarrow as pa

from tasks.data.rows import where


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
