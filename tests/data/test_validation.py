import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.data.contract import Contract, read_contract
from tasks.data.validation import REASONS, validate
from tasks.errors import DataRefused

TEXT = """
import pandera.pandas as pa
from pandera.typing.pandas import Series

class Parts(pa.DataFrameModel):
    number: Series[int] = pa.Field(ge=0)
    size: Series[float] = pa.Field(nullable=True, le=10)
    colour: Series[str] = pa.Field(isin=["red", "blue"])
    sold: Series[bool] = pa.Field(nullable=True, metadata={"role": "outcome"})

    @pa.dataframe_check(error="size at most number")
    def size_at_most_number(cls, rows):
        return ~(rows["size"] > rows["number"])
"""
CONTRACT = read_contract(TEXT, "parts.py")
GOOD = {"number": [9, 9], "size": [1.0, None], "colour": ["red", "blue"], "sold": [True, None]}


def parts(**changes: list[object]) -> pa.Table:
    return pa.table({**GOOD, **changes})


def test_valid_rows_pass_with_a_missing_value_where_one_may_be_missing() -> None:
    found = validate(parts(), CONTRACT)

    assert (found.valid.num_rows, found.quarantined.num_rows, found.failures) == (2, 0, ())


def test_a_broken_row_goes_to_quarantine_with_every_reason() -> None:
    found = validate(parts(number=[-1, 9], colour=["green", "blue"]), CONTRACT)

    assert found.valid.num_rows == 1
    assert found.quarantined[REASONS].to_pylist() == [
        "number: not greater_than_or_equal_to(0); colour: not isin(['red', 'blue']); row: not size at most number"
    ]


def test_a_value_that_cannot_be_read_as_its_type_is_a_reason_and_not_a_crash() -> None:
    found = validate(parts(size=["1", "wide"]), CONTRACT)

    assert found.quarantined[REASONS].to_pylist() == ["size: not a number"]
    assert found.valid["size"].to_pylist() == [1.0]


def test_a_column_without_one_value_of_its_type_is_refused() -> None:
    with pytest.raises(DataRefused, match=r"column size is of another type: found string such as 'wide'.*says number"):
        validate(parts(size=["wide", "narrow"]), CONTRACT)


def test_a_missing_column_is_refused_with_what_there_is() -> None:
    with pytest.raises(DataRefused, match=r"lacks column colour.*columns in the source: number, size, sold"):
        validate(parts().drop_columns(["colour"]), CONTRACT)


def test_a_column_without_any_value_is_refused() -> None:
    with pytest.raises(DataRefused, match="column size has no value in any of 2 rows"):
        validate(parts(size=[None, None]), CONTRACT)


def test_a_column_that_the_contract_does_not_name_is_noted_and_refused_where_it_is_strict() -> None:
    strict = read_contract(TEXT + "\n    class Config:\n        strict = True\n", "parts.py")

    assert "column extra" in validate(parts(), CONTRACT, in_source=(*GOOD, "extra")).notes[0]
    with pytest.raises(DataRefused, match="has column extra, which parts.py does not name"):
        validate(parts(), strict, in_source=(*GOOD, "extra"))


def test_a_label_is_never_required() -> None:
    assert validate(parts(sold=[None, None]), CONTRACT).valid.num_rows == 2


ROWS = st.lists(
    st.tuples(
        st.integers(-5, 20),
        st.one_of(st.none(), st.floats(-5, 20)),
        st.sampled_from(["red", "blue", "green", None]),
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(ROWS)
def test_no_row_is_ever_lost(rows: list[tuple[int, float | None, str | None]]) -> None:
    number, size, colour = (list(column) for column in zip(*rows, strict=True))
    table = parts(number=number, size=[0.0, *size[1:]], colour=["red", *colour[1:]], sold=[None] * len(rows))

    found = validate(table, CONTRACT)

    seen = [*found.valid["number"].to_pylist(), *found.quarantined["number"].to_pylist()]
    assert sorted(seen) == sorted(number)
    assert all(found.quarantined[REASONS].to_pylist())


@settings(deadline=None)
@given(ROWS)
def test_the_valid_rows_are_those_that_pandera_itself_finds_valid(
    rows: list[tuple[int, float | None, str | None]],
) -> None:
    number, size, colour = (list(column) for column in zip(*rows, strict=True))
    table = parts(number=number, size=[0.0, *size[1:]], colour=["red", *colour[1:]], sold=[True] * len(rows))

    found = validate(table, CONTRACT)

    kept = _valid_by_pandera(table, CONTRACT)
    assert found.valid["number"].to_pylist() == kept


def _valid_by_pandera(table: pa.Table, contract: Contract) -> list[int]:
    valid = []
    for row in range(table.num_rows):
        try:
            contract.schema.validate(table.slice(row, 1).to_pandas().astype({"size": float}))
        except Exception:  # noqa: BLE001, S112 - whatever pandera raises, it means that the row is not valid
            continue
        valid.append(table["number"][row].as_py())
    return valid
