"""A contract's text with one field changed, and all else as it was."""

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.data.contract import read_contract
from tasks.evolution.editing import edited
from tasks.evolution.edits import Added, Bounds, Dropped, Edit, MayBeMissing, Retyped, Words
from tasks.evolution.source import ByHand

ROOT = Path(__file__).parents[2]
FLIGHTS = (ROOT / "data_contracts" / "flight_delay.py").read_text()
ORDERS = '''"""Orders."""

import pandera.pandas as pa
from pandera.typing.pandas import Series

LIMIT = 10


class Orders(pa.DataFrameModel):
    """One order."""

    number: Series[int]
    # the price in euros; größer als 0
    price: Series[float] = pa.Field(ge=-5, le=+100, nullable=False)  # „€“
    share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1})
    limit: Series[float] = pa.Field(le=LIMIT)
    country: Series[str] = pa.Field(
        isin=[
            "de",
            "fr",
        ],
        alias="Land",
    )

    @pa.check("number")
    def even(cls, values):
        return values % 2 == 0
'''


def lines_changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that are gone, and those that are new but for comments."""
    was, now = before.splitlines(), after.splitlines()
    new = [line.strip() for line in now if line not in was and not line.strip().startswith("#")]
    return [line.strip() for line in was if line not in now], new


@pytest.mark.parametrize(
    ("column", "edit", "line"),
    [
        ("price", Bounds({"le": 250}), "price: Series[float] = pa.Field(ge=-5, le=250, nullable=False)  # „€“"),
        ("price", Bounds({"ge": -7.5, "le": 1e3}), "price: Series[float] = pa.Field(ge=-7.5, le=1000, nullable=False)  # „€“"),
        ("price", MayBeMissing(), "price: Series[float] = pa.Field(ge=-5, le=+100, nullable=True)  # „€“"),
        ("share", Bounds({"le": 2}), 'share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 2})'),
        ("number", MayBeMissing(), "number: Series[int] = pa.Field(nullable=True)"),
        ("number", Retyped("int", "float"), "number: Series[float]"),
        ("Land", Words(('it"s',)), """'it"s',"""),
        ("Land", MayBeMissing(), "nullable=True,"),
        ("limit", MayBeMissing(), "limit: Series[float] = pa.Field(nullable=True, le=LIMIT)"),
        ("a b", Added("float", {"ge": "0"}), 'a_b: Series[float] = pa.Field(alias="a b", nullable=True, ge=0)'),
        ("id", Added("str", {"metadata": "IDENTIFIER"}), 'id: Series[str] = pa.Field(nullable=True, metadata={"role": "identifier"})'),
    ],
)  # fmt: skip
def test_one_line_changes_and_the_file_stays_a_contract(column: str, edit: Edit, line: str) -> None:
    after = edited(ORDERS, column, edit, "2024-03-01: why")

    gone, new = lines_changed(ORDERS, after)
    assert new == [line]
    assert len(gone) <= 1
    assert after.count("    # 2024-03-01: why\n") == 1
    assert column in read_contract(after, "orders.py").names()


def test_a_column_goes_with_its_comment() -> None:
    after = edited(ORDERS, "price", Dropped(), "")

    assert lines_changed(ORDERS, after)[1] == []
    assert "größer" not in after
    assert read_contract(after, "orders.py").names() == ["number", "share", "limit", "Land"]


@pytest.mark.parametrize(
    ("column", "edit", "reason"),
    [
        ("limit", Bounds({"le": 20}), "its limit is computed: le=LIMIT"),
        ("share", Words(("x",)), "its categories are not written in the field of share"),
        ("limit", Bounds({"ge": 0}), "its limit is not written in the field of limit"),
        ("country", MayBeMissing(), "no field of the class is country in so many words"),
        ("number", Bounds({"le": 1}), "the field of number is not made where it stands"),
    ],
)
def test_what_is_not_written_out_is_for_a_person(column: str, edit: Edit, reason: str) -> None:
    with pytest.raises(ByHand, match=reason):
        edited(ORDERS, column, edit, "why")


def test_a_column_that_features_are_made_of_is_not_taken_out() -> None:
    with pytest.raises(ByHand, match=r"features\(\) names temp as well"):
        edited(FLIGHTS, "temp", Dropped(), "")


@pytest.mark.parametrize(
    ("column", "edit"),
    [
        ("dest", MayBeMissing()),
        ("origin", Words(("LAX",))),
        ("origin", Words(tuple(f"A{number:02d}" for number in range(22)))),
        ("origin", Words(tuple(f"A{number:02d}" for number in range(40)))),
        ("flight", Bounds({"ge": 0, "le": 99_999})),
        ("gate", Added("str", {"metadata": "IDENTIFIER"})),
        ("air_time", Dropped()),
    ],
)
def test_the_shipped_contract_stays_as_ruff_would_write_it(column: str, edit: Edit, tmp_path: Path) -> None:
    after = edited(FLIGHTS, column, edit, "2013-06-01, from 7,012 rows since 2013-05-25: " + "a long reason " * 9)

    path = tmp_path / "flight_delay.py"
    path.write_text(after)
    for words in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *words, "--config", str(ROOT / "pyproject.toml"), str(path)]
        told = subprocess.run(command, check=False, capture_output=True, text=True)
        assert told.returncode == 0, told.stdout
    assert read_contract(after, "flight_delay.py").features is not None


def test_a_column_that_may_be_missing_is_made_by_the_file_s_own_function() -> None:
    assert 'dest: Series[str] = known(str_matches=r"^[A-Z]{3}$")' in edited(FLIGHTS, "dest", MayBeMissing(), "why")
