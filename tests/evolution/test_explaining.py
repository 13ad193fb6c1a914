"""What rows break in a contract, in words."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Contract, read_contract
from tasks.evolution.explaining import Broken, explain
from tests.conftest import CONTRACT


def with_values(orders: pa.Table, column: str, values: object, every: int = 100) -> pa.Table:
    """Return ``orders`` with ``values`` in every so many-th row of a column."""
    mask = pa.array(np.arange(orders.num_rows) % every == 0)
    place = orders.column_names.index(column)
    return orders.set_column(place, column, pc.if_else(mask, pa.scalar(values, orders[column].type), orders[column]))


def only(found: list[Broken]) -> Broken:
    assert len(found) == 1
    return found[0]


def test_rows_that_are_valid_break_nothing(orders: pa.Table, contract: Contract) -> None:
    assert explain(orders, contract) == []


def test_a_limit_says_what_lies_beyond_it(orders: pa.Table, contract: Contract) -> None:
    broken = only(explain(with_values(orders, "price", -3.0), contract))

    assert (broken.column, broken.rows, broken.of) == ("price", 30, 3000)
    assert (broken.found, broken.example, broken.allowed) == ("-3", -3.0, "more than 0")
    assert broken.follows


def test_a_category_says_which_are_allowed(orders: pa.Table, contract: Contract) -> None:
    broken = only(explain(with_values(orders, "country", "es"), contract))

    assert (broken.found, broken.allowed) == ('"es"', 'one of "de", "fr", "it"')


def test_a_missing_value_is_none(orders: pa.Table, contract: Contract) -> None:
    broken = only(explain(with_values(orders, "price", None), contract))

    assert (broken.found, broken.example, broken.allowed) == ("no value", None, "a value in every row")


def test_words_among_numbers_are_shown_with_their_rows(orders: pa.Table, contract: Contract) -> None:
    place = orders.column_names.index("price")
    words = with_values(orders.set_column(place, "price", orders["price"].cast(pa.string())), "price", "free")

    broken = only(explain(words, contract))

    assert (broken.found, broken.example, broken.allowed) == ('"free"', "free", "a number")


def test_a_column_that_is_not_there_hides_nothing_of_the_others(orders: pa.Table, contract: Contract) -> None:
    broken = only(explain(with_values(orders, "price", -3.0).drop_columns("weight"), contract))

    assert broken.column == "price"


def test_a_check_of_the_user_s_own_is_named_and_cannot_follow(orders: pa.Table) -> None:
    own = CONTRACT + '\n    @pa.check("price")\n    def cheap(cls, values):\n        return values < 300\n'
    broken = only(explain(with_values(orders, "price", 900.0), read_contract(own, "returns.py")))

    assert (broken.allowed, broken.follows) == ("cheap", False)
