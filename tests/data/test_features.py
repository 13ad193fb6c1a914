import json

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.contract import Contract, read_contract
from tasks.data.features import fit_features, make_matrix
from tasks.data.fitted_features import FittedFeatures
from tasks.data.known import known_columns
from tasks.errors import ContractError
from tasks.spec import ModelSpec

AGE = '\ndef features(rows):\n    return pd.DataFrame({"dear": rows["price"] > 50, "price": rows["price"] / 100})\n'


def features_of(spec: ModelSpec, **changes: object) -> ModelSpec:
    return spec.model_copy(update={"features": spec.features.model_copy(update=changes)})


def test_an_outcome_the_target_and_the_key_are_never_features(
    spec: ModelSpec, contract: Contract, orders: pa.Table
) -> None:
    fitted = fit_features(orders, spec, contract)

    assert known_columns(spec, contract) == ["ordered_at", "order", "country", "price", "weight"]
    assert [feature.name for feature in fitted.features] == ["country", "price", "weight"]


def test_feature_code_that_peeks_at_an_outcome_is_refused_by_name(
    spec: ModelSpec, contract: Contract, orders: pa.Table
) -> None:
    for peek in ('rows["refund"]', "rows.refund"):
        text = contract.text + f'\ndef features(rows):\n    return pd.DataFrame({{"x": {peek}}})\n'
        with pytest.raises(ContractError, match=r"features\(\) reads 'refund', an outcome: it is not known"):
            fit_features(orders, spec, read_contract(text, "returns.py"))


def test_the_contract_s_own_features_are_added_or_replace_a_column(
    spec: ModelSpec, contract: Contract, orders: pa.Table
) -> None:
    made = read_contract(contract.text + AGE, "returns.py")
    matrix = make_matrix(orders, fit_features(orders, spec, made), made)

    assert matrix.names == ("country", "price", "weight", "dear")
    np.testing.assert_allclose(matrix.values[:, 1], orders["price"].to_numpy() / 100, rtol=1e-6)


def test_a_category_that_training_had_not_seen_counts_as_missing(
    spec: ModelSpec, contract: Contract, orders: pa.Table
) -> None:
    fitted = fit_features(orders, spec, contract)
    new = orders.slice(0, 2).set_column(2, "country", pa.array(["it", "es"]))

    codes = make_matrix(new, fitted, contract).values[:, 0]

    assert codes[0] == 2
    assert np.isnan(codes[1])


def test_only_the_most_frequent_categories_are_kept(spec: ModelSpec, contract: Contract, orders: pa.Table) -> None:
    countries = pa.array(["de"] * 5 + ["fr"] * 3 + ["it"] * 3)
    few = orders.slice(0, 11).set_column(2, "country", countries)

    assert fit_features(few, features_of(spec, max_categories=2), contract).features[0].levels == ("de", "fr")


def test_the_calendar_follows_the_clock_on_the_wall(spec: ModelSpec, contract: Contract, orders: pa.Table) -> None:
    times = pa.array([1_720_000_000_000_000, 1_705_000_000_000_000], pa.timestamp("us", "UTC"))
    two = orders.slice(0, 2).set_column(0, "ordered_at", times)  # 09:46 UTC in July, 19:06 UTC in January
    in_zone = features_of(spec, calendar=["hour", "month"], timezone="Europe/Berlin")

    matrix = make_matrix(two, fit_features(two, in_zone, contract), contract)

    assert matrix.names[:2] == ("ordered_at.hour", "ordered_at.month")
    assert matrix.values[:, :2].tolist() == [[11, 7], [20, 1]]


def test_a_row_has_the_same_features_alone_as_among_others_and_after_storage(
    spec: ModelSpec, contract: Contract, orders: pa.Table
) -> None:
    fitted = fit_features(orders, spec, contract)
    stored = FittedFeatures.from_json(json.loads(json.dumps(fitted.to_json())))

    whole = make_matrix(orders, fitted, contract).values
    alone = make_matrix(orders.slice(7, 1), stored, contract).values

    assert stored == fitted
    np.testing.assert_array_equal(alone[0], whole[7])


def test_a_time_is_refused_as_a_feature_with_what_to_do(spec: ModelSpec, contract: Contract, orders: pa.Table) -> None:
    text = contract.text.replace(
        "    country:",
        "    seen_at: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={'unit': 'us', 'tz': 'UTC'})\n    country:",
    )
    with_time = orders.append_column("seen_at", orders["ordered_at"])

    with pytest.raises(ContractError, match=r"seen_at is a timestamp.*Make numbers of it in features\(\)"):
        fit_features(with_time, spec, read_contract(text, "returns.py"))
