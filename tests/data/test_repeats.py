from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tasks.data.contract import Contract
from tasks.data.repeats import set_aside
from tasks.data.validation import REASONS, validate
from tasks.spec import ModelSpec
from tests.conftest import make_orders

DAY = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def twice() -> pa.Table:
    orders = make_orders(rows=50)
    return pa.concat_tables([orders, orders.slice(0, 3)])


def test_all_but_the_first_row_of_a_key_are_kept_apart_with_the_reason(
    twice: pa.Table, spec: ModelSpec, contract: Contract
) -> None:
    first = spec.model_copy(update={"contract": spec.contract.model_copy(update={"repeated": "first"})})

    found = set_aside(validate(twice, contract), first)

    assert found.valid.column("order").to_pylist() == list(range(50))
    assert found.quarantined.column("order").to_pylist() == [0, 1, 2]
    assert set(found.quarantined.column(REASONS).to_pylist()) == {"row: repeats the key of another"}
    assert dict(found.failures) == {"row: repeats the key of another": 3}


def test_without_that_wish_nothing_is_set_aside(twice: pa.Table, spec: ModelSpec, contract: Contract) -> None:
    assert set_aside(validate(twice, contract), spec).valid.num_rows == 53
