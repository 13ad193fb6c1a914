from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.data.contract import Contract, read_contract
from tasks.data.labels import add_target, hide_unarrived, read_labels, recode
from tasks.errors import ContractError, DataRefused, SpecError
from tasks.spec import ModelSpec

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
TIMES = pa.array([START + DAY * i for i in range(5)], pa.timestamp("us", "UTC"))


def table(labels: Sequence[object], **more: pa.Array) -> pa.Table:
    return pa.table({"ordered_at": TIMES, "returned": labels, **more})


def with_task(spec: ModelSpec, task: str, **changes: object) -> ModelSpec:
    return spec.model_copy(update={"task": task, **changes})


def test_a_label_that_has_not_arrived_by_as_of_is_hidden(spec: ModelSpec) -> None:
    found = hide_unarrived(table([True] * 5), spec.source, ["returned"], START + 3 * DAY)

    assert found["returned"].to_pylist() == [True, True, True, None, None]


def test_a_label_time_of_its_own_decides_where_the_spec_names_one(spec: ModelSpec) -> None:
    arrived = pa.array([START, START + 9 * DAY, None, START, START], pa.timestamp("us", "UTC"))
    source = spec.source.model_copy(update={"label_time": "arrived"})

    found = hide_unarrived(table([True] * 5, arrived=arrived), source, ["returned"], START + 5 * DAY)

    assert found["returned"].to_pylist() == [True, None, None, True, True]
    assert found["arrived"].null_count == 2


@given(later=st.lists(st.booleans(), min_size=5, max_size=5), known_days=st.integers(0, 5))
def test_what_arrives_later_changes_nothing_now(later: list[bool], known_days: int) -> None:
    from tasks.spec import SourceSpec

    source = SourceSpec(uri="x", timestamp="ordered_at", key=["ordered_at"], target="returned", label_delay="1d")  # type: ignore[arg-type]
    as_of = START + known_days * DAY
    known = [True, False, True, False, True][:known_days]

    one = hide_unarrived(table([*known, *later][:5]), source, ["returned"], as_of)
    other = hide_unarrived(table([*known, *(not label for label in later)][:5]), source, ["returned"], as_of)

    assert one.equals(other)


def test_binary_labels_are_one_for_the_positive_class(spec: ModelSpec) -> None:
    named = with_task(spec, "binary", positive="yes")

    assert read_labels(pa.chunked_array([[True, None, False]]), spec).values[[0, 2]].tolist() == [1, 0]
    assert read_labels(pa.chunked_array([["no", "yes"]]), named).values.tolist() == [0, 1]


def test_a_binary_target_of_other_classes_asks_which_is_positive(spec: ModelSpec) -> None:
    with pytest.raises(DataRefused, match=r"returned has 2 classes \('no', 'yes'\).*key positive names one"):
        read_labels(pa.chunked_array([["no", "yes"]]), spec)


def test_a_target_without_any_label_is_refused(spec: ModelSpec) -> None:
    with pytest.raises(DataRefused, match="returned has no label in any of 2 rows"):
        read_labels(pa.chunked_array([pa.array([None, None], pa.bool_())]), spec)


def test_a_regression_target_must_be_numbers(spec: ModelSpec) -> None:
    with pytest.raises(DataRefused, match="found string; allowed for task regression: numbers"):
        read_labels(pa.chunked_array([["a"]]), with_task(spec, "regression"))


def test_labels_can_be_recoded_to_the_classes_that_a_model_knows(spec: ModelSpec) -> None:
    labels = read_labels(pa.chunked_array([["a", "b", None, "c"]]), with_task(spec, "multiclass"))

    found = recode(labels, ("c", "a")).values

    assert np.array_equal(found, [1, np.nan, np.nan, 0], equal_nan=True)


def test_the_target_is_made_by_the_contract_where_it_is_not_a_column(spec: ModelSpec, contract: Contract) -> None:
    text = contract.text + '\ndef targets(rows):\n    return rows[["returned"]].rename(columns={"returned": "back"})\n'
    made = read_contract(text, "returns.py")
    source = spec.source.model_copy(update={"target": "back"})

    found = add_target(table([True] * 5), spec.model_copy(update={"source": source}), made)

    assert found["back"].to_pylist() == [True] * 5
    wrong = spec.model_copy(update={"source": source.model_copy(update={"target": "front"})})
    with pytest.raises(SpecError, match=r"returns.toml: source.target: found 'front'.*makes: .*back"):
        add_target(table([True] * 5), wrong, made)


def test_a_target_function_that_asks_for_a_missing_column_says_which(spec: ModelSpec, contract: Contract) -> None:
    made = read_contract(contract.text + '\ndef targets(rows):\n    return rows[["refnd"]]\n', "returns.py")

    with pytest.raises(ContractError, match=r"targets\(\) asks for column .*refnd"):
        add_target(table([True] * 5).drop_columns("returned"), spec, made)
