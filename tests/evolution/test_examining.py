"""What a week of orders would change in their contract."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest

from tasks.data.contract import Contract, read_contract
from tasks.errors import SettingsError
from tasks.evolution.examining import Examined, Request, examine
from tasks.settings import Settings, load_settings
from tasks.spec import load_spec
from tests.conftest import CONTRACT
from tests.evolution.conftest import AS_OF

LastWeek = Callable[[Callable[[pd.DataFrame, "pd.Series[bool]"], None]], None]
Evolve = Callable[..., Examined]
NARROW = CONTRACT.replace("Field(gt=0)", "Field(gt=0, le=300)")


def some(late: "pd.Series[bool]", every: int) -> "pd.Series[bool]":
    """Return every so many-th of the rows of the last week."""
    return late & pd.Series(np.arange(len(late)) % every == 0)


def test_rows_that_the_contract_allows_change_nothing(evolve: Evolve) -> None:
    found = evolve()

    assert (found.patch.diff, found.patch.changes, found.patch.left_out, found.warnings) == ("", (), (), ())


def test_a_new_category_goes_into_the_list_with_its_rows(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame.loc[some(late, 40), "country"] = "es"

    last_week(change)
    patch = evolve().patch

    assert [(one.column, one.kind, one.compatibility) for one in patch.changes] == [
        ("country", "new_category", "compatible")
    ]
    assert '"es" in ' in patch.changes[0].found
    assert '+    country: Series[str] = pa.Field(isin=["de", "fr", "it", "es"])' in patch.diff
    assert "+    # 2024-03-01, from 350 rows since 2024-02-23: also " in patch.diff


def test_a_new_category_that_the_contract_lets_through_is_told_and_changes_nothing(
    evolve: Evolve, last_week: LastWeek
) -> None:
    def change(frame, late):
        frame.loc[some(late, 40), "country"] = "es"

    last_week(change)
    found = evolve(text=CONTRACT.replace('pa.Field(isin=["de", "fr", "it"])', "pa.Field()"))

    assert found.patch.diff == ""
    (told,) = found.new_words
    assert told.startswith('country: "es" in ')
    assert told.endswith("new, and allowed; until the next training a model takes it as missing")


def test_a_word_in_two_rows_is_a_slip_and_no_category(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, _):
        frame.loc[frame.index[-2:], "country"] = "dee"

    last_week(change)
    patch = evolve().patch

    assert patch.diff == ""
    assert [one.held for one in patch.left_out] == ["2 rows are slips, and are quarantined as such"]
    assert '"dee"' in evolve("country").patch.diff


@pytest.mark.parametrize("word", ['a"; import os; "', "a\\", "it's", "line\nbreak", "\u202eevil"])
def test_a_word_of_the_data_is_never_code(evolve: Evolve, last_week: LastWeek, word: str) -> None:
    def change(frame, late):
        frame.loc[some(late, 40), "country"] = word

    last_week(change)
    patch = evolve().patch

    if word.isprintable():
        allowed = read_contract(patch.after, "c.py").schema.columns["country"].checks[0].statistics["allowed_values"]
        assert allowed == ["de", "fr", "it", word]
    else:
        assert [one.by_hand for one in patch.left_out] == ["a category has characters that cannot be seen"]


def test_a_wider_range_is_drafted_as_init_drafts_it_and_says_what_it_was(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame.loc[some(late, 10), "price"] += 250

    last_week(change)
    patch = evolve(text=NARROW).patch

    (wider,) = patch.changes
    assert (wider.kind, wider.compatibility) == ("wider_range", "compatible")
    assert "lie beyond le=300" in wider.found
    assert "; le was 300" in patch.diff
    limit = read_contract(patch.after, "c.py").schema.columns["price"].checks[1].statistics["max_value"]
    assert 400 < limit < 1200


def test_an_outcome_may_get_a_wider_range_by_the_labels_that_have_arrived(evolve: Evolve, last_week: LastWeek) -> None:
    late_rows = 35

    def change(frame, late):
        frame.loc[some(late, 10), "refund"] = 400.0

    last_week(change)
    limited = CONTRACT.replace("refund: Series[float] = pa.Field(", "refund: Series[float] = pa.Field(le=350, ")
    patch = evolve(text=limited).patch

    (wider,) = patch.changes
    assert (wider.column, wider.kind) == ("refund", "wider_range")
    assert 30 <= wider.rows < late_rows  # those of the last day had not arrived


def test_missing_values_where_none_were_allowed_make_a_column_nullable(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame.loc[some(late, 20), "price"] = np.nan

    last_week(change)
    patch = evolve().patch

    assert [one.kind for one in patch.changes] == ["nullable"]
    assert "+    price: Series[float] = pa.Field(nullable=True, gt=0)" in patch.diff


def test_a_null_surge_looks_like_a_broken_feed_and_is_left_out_unless_somebody_vouches(
    evolve: Evolve, last_week: LastWeek
) -> None:
    def change(frame, late):
        frame.loc[some(late, 2), "price"] = np.nan

    last_week(change)
    patch = evolve().patch

    assert patch.diff == ""
    assert "looks like a broken feed: price is missing in 50 % of the rows" in str(patch.left_out[0].held)
    assert "nullable=True, gt=0" in evolve("price").patch.diff


def test_another_unit_is_no_wider_range(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame.loc[late, "price"] *= 100

    last_week(change)
    patch = evolve(text=NARROW).patch

    assert patch.diff == ""
    assert "looks like a broken feed" in str(patch.left_out[0].held)


def test_another_unit_of_some_rows_is_told_though_the_contract_allows_it(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame.loc[some(late, 2), "weight"] *= 1000

    last_week(change)

    (warning,) = evolve().warnings
    assert warning.startswith("weight looks multiplied by 1000 (kilograms → grams")


def test_a_new_column_is_added_as_a_draft_would(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame["discount"] = np.where(late, np.arange(len(late)) % 30, np.nan)

    last_week(change)
    patch = evolve().patch

    assert [(one.column, one.kind, one.compatibility) for one in patch.changes] == [
        ("discount", "new_column", "compatible")
    ]
    assert "+    discount: Series[float] = pa.Field(nullable=True, ge=0, le=58)" in patch.diff


def test_a_column_that_was_always_there_and_not_named_is_left_out(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame["discount"] = np.arange(len(late)) % 30

    last_week(change)

    assert evolve().patch.diff == ""
    assert evolve().patch.left_out[0].held == "it was there before, and nobody has named it"
    assert "+    discount: Series[float]" in evolve("discount").patch.diff


def test_a_column_that_is_gone_is_breaking_and_its_new_name_is_guessed(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, _):
        frame["Weights"] = frame.pop("weight")

    last_week(change)
    found = evolve().patch

    (gone,) = [one for one in found.left_out if one.column == "weight"]
    assert (gone.kind, gone.compatibility) == ("column_gone", "breaking")
    assert gone.found.endswith("the source has a column Weights, perhaps its new name")
    assert "-    weight: Series[float]" in evolve("weight").patch.diff


def test_a_column_that_only_newer_files_have_is_told_and_not_proposed(
    project: Path, orders: pa.Table, edit: Callable[[str, str, str], None], contract: Contract
) -> None:
    (project / "parts").mkdir()
    pyarrow.csv.write_csv(orders.slice(0, 2800), project / "parts" / "1.csv")
    newest = orders.slice(2800)
    pyarrow.csv.write_csv(newest.append_column("gift", newest["returned"]), project / "parts" / "2.csv")
    edit("deployments/returns.toml", "orders.csv", "parts")
    settings = load_settings(cwd=project)

    found = examine(load_spec("returns", settings.specs), contract, settings, Request(AS_OF))

    assert (found.patch.changes, found.patch.left_out) == ((), ())
    assert found.warnings == ("some file of the source lacks columns that others have: those are not looked at",)


def test_a_column_that_the_spec_names_is_not_dropped(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, _):
        del frame["country"]

    last_week(change)
    patch = evolve("country").patch

    assert patch.diff == ""
    assert patch.left_out[0].by_hand == "gate.slices of deployments/returns.toml names it"


def test_a_column_that_history_looks_at_is_not_dropped(
    project: Path, contract: Contract, settings: Settings, last_week: LastWeek
) -> None:
    def change(frame, _):
        del frame["weight"]

    last_week(change)
    file = project / "deployments" / "returns.toml"
    file.write_text(f'{file.read_text()}\n[[history]]\nof = "weight"\nhow = ["last"]\n')
    spec = load_spec("returns", settings.specs)

    patch = examine(spec, contract, settings, Request(AS_OF, include=("weight",))).patch

    assert patch.diff == ""
    (left,) = patch.left_out
    assert left.by_hand is not None
    assert left.by_hand.startswith(
        "changed so, it cannot be used: deployments/returns.toml: history[0].of: 'weight' is not a column of "
    )


def test_another_type_is_breaking(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, _):
        frame["weight"] = [f"{value} kg" for value in frame["weight"]]

    last_week(change)

    (change_,) = evolve().patch.left_out
    assert (change_.kind, change_.compatibility) == ("type_changed", "breaking")
    assert "+    weight: Series[str] = pa.Field(nullable=True" in evolve("weight").patch.diff


def test_some_words_among_numbers_are_a_matter_of_the_source(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame["price"] = frame["price"].astype(str).where(~some(late, 20), "free")

    last_week(change)
    (words,) = evolve().patch.left_out

    assert words.kind == "rule_broken"
    assert 'such as "free"' in words.found
    assert "source.missing" in str(words.by_hand)


def test_whole_numbers_that_get_decimals_stay_valid_as_numbers(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame["boxes"] = np.where(some(late, 10), 1.5, 2.0)

    last_week(change)
    text = CONTRACT.replace("    refund:", "    boxes: Series[int]\n    refund:")
    patch = evolve(text=text).patch

    assert [(one.kind, one.compatibility) for one in patch.changes] == [("type_changed", "compatible")]
    assert "+    boxes: Series[float]" in patch.diff


def test_a_rule_that_no_text_says_is_for_a_person(evolve: Evolve, last_week: LastWeek) -> None:
    def change(frame, late):
        frame.loc[some(late, 40), "country"] = "es"

    last_week(change)
    computed = CONTRACT.replace('isin=["de", "fr", "it"]', "isin=COUNTRIES").replace(
        "\n\nclass", '\n\nCOUNTRIES = ["de", "fr", "it"]\n\n\nclass'
    )
    (change_,) = evolve(text=computed).patch.left_out

    assert change_.by_hand == "its categories are computed: isin=COUNTRIES"


def test_to_vouch_for_a_column_of_which_nothing_was_found_is_refused(evolve: Evolve) -> None:
    with pytest.raises(SettingsError, match=r"include: nothing is to be changed of 'colour'; columns: none"):
        evolve("colour")
