from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tasks.data.acceptance import accept
from tasks.data.contract import Contract
from tasks.data.validation import validate
from tasks.errors import DataRefused, NotEnoughData
from tasks.spec import ModelSpec

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)


def test_good_rows_are_accepted(spec: ModelSpec, contract: Contract, orders: pa.Table) -> None:
    accept(validate(orders, contract), spec, AS_OF)


def test_too_many_rows_in_quarantine_stop_the_run_with_the_rule_that_most_broke(
    spec: ModelSpec, contract: Contract, orders: pa.Table
) -> None:
    free = [0.0] * 200 + orders["price"].to_pylist()[200:]

    with pytest.raises(
        DataRefused, match=r"200 of 3,000 rows break.*6.7%.*allows 5.0%.*price: not greater_than\(0\) \(200"
    ):
        accept(validate(orders.set_column(3, "price", pa.array(free)), contract), spec, AS_OF)


def test_too_few_rows_stop_the_run(spec: ModelSpec, contract: Contract, orders: pa.Table) -> None:
    with pytest.raises(NotEnoughData, match=r"99 valid rows before 2024-03-01; contract.min_rows asks for 100"):
        accept(validate(orders.slice(0, 99), contract), spec, AS_OF)


def test_a_source_that_is_no_longer_filled_stops_the_run(spec: ModelSpec, contract: Contract, orders: pa.Table) -> None:
    limited = spec.model_copy(update={"contract": spec.contract.model_copy(update={"max_age": timedelta(days=2)})})

    accept(validate(orders, contract), limited, AS_OF)
    with pytest.raises(DataRefused, match=r"newest row is of 2024-02-29.*more than contract.max_age = 2d before"):
        accept(validate(orders, contract), limited, AS_OF + timedelta(days=3))


def test_a_repeated_key_stops_the_run_with_an_example(spec: ModelSpec, contract: Contract, orders: pa.Table) -> None:
    twice = pa.concat_tables([orders, orders.slice(5, 2)])

    with pytest.raises(DataRefused, match=r"\['order'\] is not unique: 2 rows repeat.*such as order = 5 \(2 times\)"):
        accept(validate(twice, contract), spec, AS_OF)
