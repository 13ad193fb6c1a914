import tomllib
from pathlib import Path

import pytest

from tasks.data.history.contract import contract_of
from tasks.errors import SpecError
from tasks.settings import Settings
from tasks.spec import ModelSpec, read_spec
from tests.data.history.conftest import SPEC

PLAIN = SPEC.split("[[history]]")[0]


def declared(*sections: str) -> ModelSpec:
    return read_spec(tomllib.loads(PLAIN + "".join(f"\n[[history]]\n{section}\n" for section in sections)), "p.toml")


def test_a_made_column_is_named_as_a_person_would_say_it() -> None:
    spec = declared(
        'by = ["customer"]\nof = "amount"\nhow = ["mean", "last", "lag:3", "days_since"]\nover = ["2w", "36h"]',
        'by = ["customer", "shop"]\nhow = ["count"]\nover = "7d"',
        'of = "amount"\nhow = ["sum"]\nover = "1d"',
        'how = ["days_since"]',
    )

    assert [section.names for section in spec.history] == [
        (
            "amount_mean_14d_by_customer",
            "amount_mean_36h_by_customer",
            "amount_last_by_customer",
            "amount_lag_3_by_customer",
            "amount_days_since_by_customer",
        ),
        ("count_7d_by_customer_and_shop",),
        ("amount_sum_1d",),
        ("days_since",),
    ]


def test_what_is_made_otherwise_is_called_otherwise() -> None:
    """Or a champion would read another column by the name of the one that it learned from."""
    section = 'by = ["customer"]\nhow = ["count", "days_since"]\nover = "7d"\n'
    spec = declared(section, section + 'look_back = "90d"\ndelay = "6h"', 'how = ["last"]\nof = "bad"\ndelay = "1h"')

    assert [section.names for section in spec.history] == [
        ("count_7d_by_customer", "days_since_by_customer"),
        ("count_7d_by_customer_after_6h", "days_since_by_customer_within_90d_after_6h"),
        ("bad_last_after_1h",),
    ]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            'of = "amount"\nhow = ["avg"]\nover = "7d"',
            "p.toml: history[0].how: found 'avg'; allowed: count, mean, sum, min, max, last, days_since, or \"lag:2\" "
            "and the like",
        ),
        ('of = "amount"\nhow = ["lag:0"]', "p.toml: history[0].how: found 'lag:0'; allowed: "),
        ('of = "amount"\nhow = ["mean"]\nover = "week"', "p.toml: history[0].over: found 'week'; allowed: a length of"),
        (
            'of = "amount"\nhow = ["mean"]',
            "p.toml: history[0].over: found 'none'; allowed: a length of time such as \"7d\", or several, for mean",
        ),
        (
            'of = "amount"\nhow = ["last"]\nover = ["7d"]',
            "p.toml: history[0].over: found '7d'; allowed: none for last, which looks as far as look_back",
        ),
        (
            'how = ["mean"]\nover = "7d"',
            "p.toml: history[0].of: found 'none'; allowed: a column, for mean; of the rows themselves: count, days_",
        ),
        ('hwo = ["count"]', 'p.toml: history[0].hwo is not a key of [history[0]]; did you mean "how"?'),
        ('how = ["days_since"]\nlook_back = "0d"', "p.toml: history[0].look_back: found '0min'; allowed: more than no"),
    ],
)
def test_a_section_that_makes_no_sense_is_refused_in_one_line(section: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        declared(section)

    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_no_column_is_made_twice() -> None:
    with pytest.raises(SpecError, match=r"history\[0\]: found 'count_7d'; allowed: each column made once"):
        declared('how = ["count"]\nover = ["7d"]', 'how = ["count"]\nover = ["1d", "7d"]')


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            'by = ["custmer"]\nhow = ["days_since"]',
            "deployments/purchases.toml: history[0].by: 'custmer' is not a column known at prediction time; did you "
            'mean "customer"?',
        ),
        (
            'by = ["bad"]\nhow = ["days_since"]',
            "deployments/purchases.toml: history[0].by: 'bad' is not a column known at prediction time; allowed: at, ",
        ),
        (
            'of = "amuont"\nhow = ["last"]',
            "deployments/purchases.toml: history[0].of: 'amuont' is not a column of ",
        ),
        (
            'of = "note"\nhow = ["count", "mean"]\nover = "7d"',
            "deployments/purchases.toml: history[0].how: found 'mean' of note, which is text; allowed: count, days_",
        ),
        (
            'of = "at"\nhow = ["last"]',
            "deployments/purchases.toml: history[0].how: found 'last' of at, which is a time",
        ),
    ],
)
def test_what_the_contract_does_not_have_is_refused_in_one_line(shops: Settings, section: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        contract_of(declared(section), shops.contracts)

    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_a_made_column_cannot_have_the_name_of_another(shops: Settings, shop: Path) -> None:
    contract = shop / "data_contracts" / "purchases.py"
    contract.write_text(contract.read_text().replace("note: Series[str]", "days_since: Series[str]"))

    with pytest.raises(SpecError, match=r"history\[0\]: makes days_since, and .* has a column of that name; rename"):
        contract_of(declared('how = ["days_since"]'), shops.contracts)


def test_a_made_column_is_one_of_the_contract_s_and_can_be_left_out_or_sliced_by(shops: Settings) -> None:
    spec = declared('by = ["shop"]\nhow = ["count"]\nover = "7d"')
    spec = spec.model_copy(update={"features": spec.features.model_copy(update={"exclude": ["count_7d_by_shop"]})})

    found = contract_of(spec, shops.contracts)

    assert found.made == ("count_7d_by_shop",)
    assert "count_7d_by_shop" in found.names("feature")


def test_text_can_be_counted(shops: Settings) -> None:
    spec = declared('of = "note"\nhow = ["count", "days_since"]\nover = "7d"')

    assert contract_of(spec, shops.contracts).made == ("note_count_7d", "note_days_since")
