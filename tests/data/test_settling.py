from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.settling import Settling
from tasks.data.text import read_text
from tasks.errors import SourceError

COLUMNS = {
    "whole": ["1", "2", "-3", None, "40"],
    "whole, then not": ["1", "2", "3", "4.5", "5"],
    "not whole at first": ["4.50", "2", "3", "4", "5"],
    "number, but for a late word": ["1.10", "2.20", "3.30", "4.40", "n/a so far"],
    "late long digits": ["1", "2", "3", "4.5", "12345678901234567"],
    "leading zero": ["1", "2", "007", "4", "5"],
    "plus": ["1", "+49", "3", "4", "5"],
    "flags": ["True", "false", None, "true", "False"],
    "flags as digits first": ["1", "0", "1", "true", "false"],
    "years, then a date": ["2013", "2014", "2015", "2013-06-01", "2016"],
    "dates": ["2013-06-01", None, "2013-06-02", "2013-06-03", "2013-06-04"],
    "dates, then times": ["2013-06-01", "2013-06-02", "2013-06-03", "2013-06-03T12:00:00", None],
    "zones": ["2013-06-01T12:00:00Z", "2013-06-02T12:00:00Z", None, None, "2013-06-02T12:00:00+02:00"],
    "words": ["a", "b", None, "a", "c"],
    "infinite": ["1", "inf", "3", "-nan", "5"],
    "nothing": [None] * 5,
}


def settled(parts: list[pa.Array], *, mixed: bool = False) -> pa.ChunkedArray:
    column = Settling("column", mixed=mixed)
    kept = [column.see(part) for part in parts]
    return pa.chunked_array([column.settle(part) for part in kept])


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_text_means_in_parts_what_it_means_in_one_piece(name: str, rows: int) -> None:
    text = pa.array(COLUMNS[name], pa.string())
    whole = read_text(pa.chunked_array([text]))

    found = settled([text.slice(start, rows) for start in range(0, len(text), rows)])

    wanted = [None if value != value else value for value in whole.to_pylist()]  # not a number: missing
    assert found.to_pylist() == wanted
    assert pa.types.is_dictionary(found.type) if pa.types.is_string(whole.type) else found.type == whole.type


def test_parts_of_several_types_become_the_type_that_holds_them_all() -> None:
    found = settled([pa.array([1, 2]), pa.nulls(2), pa.array([0.5, np.nan]), pa.array([Decimal("37.48")])])

    assert found.to_pylist() == [1.0, 2.0, None, None, 0.5, None, 37.48]


def test_what_no_type_holds_is_text_of_a_database_and_an_error_of_files() -> None:
    parts = [pa.array([1, 2]), pa.array(["x"]).dictionary_encode()]

    assert settled(parts, mixed=True).to_pylist() == ["1", "2", "x"]
    with pytest.raises(SourceError, match="column column is int64 and string; allowed: one type in all files"):
        settled(parts)


def test_text_with_a_dictionary_is_text_whatever_it_looks_like() -> None:
    assert settled([pa.array(["1", "2"]).dictionary_encode()]).to_pylist() == ["1", "2"]
