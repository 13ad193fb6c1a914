import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tasks.drafting.draft import Draft, draft
from tasks.drafting.questions import take_defaults
from tasks.drafting.wishes import Wishes
from tasks.settings import load_settings
from tasks.spec import read_spec
from tests.drafting.tables import loans

Drafted = Callable[[pd.DataFrame], Draft]


@pytest.fixture
def drafted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drafted:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PERENNIAL_PROJECT", raising=False)
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))

    def make(rows: pd.DataFrame) -> Draft:
        rows.to_csv("loans.csv", index=False)
        wishes = Wishes("loans.csv", "defaulted", "loans")
        return draft(wishes, load_settings(founding=True), datetime(2026, 11, 28, tzinfo=UTC), take_defaults)

    return make


def test_where_customers_come_again_the_spec_shows_a_section_that_can_be_taken_up_as_it_is(drafted: Drafted) -> None:
    draw = np.random.default_rng(0)
    rows = loans(1_500)

    written = drafted(rows.assign(customer_id=draw.integers(5_000, 5_200, len(rows)))).spec

    assert "# 200 values of customer_id come again and again." in written
    section = written[written.index("# [[history]]") :].split("\n\n")[0]
    taken_up = written.replace(section, section.replace("# ", ""))
    (history,) = read_spec(tomllib.loads(taken_up), "loans.toml").history
    assert history.by == ["customer_id"]
    assert history.names[-1] == "days_since_by_customer_id"


def test_where_no_column_says_whose_a_row_is_there_is_no_word_of_it(drafted: Drafted) -> None:
    assert "history" not in drafted(loans(1_500)).spec
