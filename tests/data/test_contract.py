from pathlib import Path

import pytest

from tasks.data.contract import Contract, check_contract, load_contract, read_contract
from tasks.errors import ContractError, SpecError
from tasks.spec import ModelSpec, SeasonalSpec


def test_a_contract_gives_its_columns_with_type_and_role(contract: Contract) -> None:
    found = {column.name: (str(column.type), column.nullable, column.role) for column in contract.columns}

    assert found["order"] == ("int64", False, "feature")
    assert found["refund"] == ("double", True, "outcome")
    assert found["ordered_at"][0] == "timestamp[us, tz=UTC]"


def test_a_contract_that_does_not_exist_is_named_with_those_that_do(contract: Contract) -> None:
    folder = Path(contract.file).parent

    with pytest.raises(ContractError, match=rf"no contract 'retruns': {folder}/retruns.py.*contracts here: returns"):
        load_contract("retruns", folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import pandas as pd\n1 / 0", "cannot be run: ZeroDivisionError"),
        ("def features(:", "cannot be run: SyntaxError"),
        ("from data_contracts.flights import Flights", "imports data_contracts.flights; a contract is one file"),
        ("x = 1", "found 0 pandera.DataFrameModel classes; allowed: exactly one"),
    ],
)
def test_a_contract_that_is_none_says_why(text: str, message: str) -> None:
    with pytest.raises(ContractError, match=rf"bad.py: {message}"):
        read_contract(text, "bad.py")


def test_a_misspelt_role_is_named_with_the_nearest(contract: Contract) -> None:
    with pytest.raises(ContractError, match=r'refund: role \'outcom\' is not known; did you mean "outcome"\?'):
        read_contract(contract.text.replace('"outcome"', '"outcom"'), "returns.py")


def test_a_column_that_only_the_spec_names_is_refused_with_the_nearest(spec: ModelSpec, contract: Contract) -> None:
    wrong = spec.model_copy(update={"gate": spec.gate.model_copy(update={"slices": ["contry"]})})

    with pytest.raises(
        SpecError, match=r"returns.toml: gate.slices: 'contry' is not a column.*did you mean \"country\""
    ):
        check_contract(contract, wrong)


def test_a_naive_candidate_by_what_is_neither_a_column_nor_of_the_calendar_is_refused_before_anything_is_read(
    spec: ModelSpec, contract: Contract
) -> None:
    features = spec.features.model_copy(update={"calendar": ["hour"]})

    def by(name: str) -> ModelSpec:
        candidates = [SeasonalSpec(kind="seasonal", by=["hour", name])]
        return spec.model_copy(update={"features": features, "candidates": candidates})

    check_contract(contract, by("country"))
    with pytest.raises(
        SpecError, match=r"\[0\].by: 'contry' is not a column of .*, nor a part of features.calendar; did"
    ):
        check_contract(contract, by("contry"))


def test_an_edit_makes_another_version(contract: Contract) -> None:
    assert read_contract(contract.text + "\n# a remark\n", contract.file).version != contract.version
