from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tasks.judgement import report
from tasks.judgement.gate import Holdout, judge
from tasks.judgement.verdict import Verdict
from tasks.spec import GateSpec


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    draw = np.random.default_rng(5)
    score = draw.normal(size=1400)
    held = Holdout(
        task="binary",
        labels=(draw.random(1400) < 1 / (1 + np.exp(-score))).astype(float),
        days=np.arange(1400) % 14,
        challenger=1 / (1 + np.exp(-score)),
        champion=1 / (1 + np.exp(-score - draw.normal(size=1400))),
        baseline=np.full(1400, 0.5),
        slices={"origin": np.repeat(["a|b", "<i>\n", "JFK"], [700, 650, 50])},
        champion_version="3",
        seen_rows_removed=120,
        unlabelled_rows=0,
        start=datetime(2013, 5, 17, tzinfo=UTC),
        end=datetime(2013, 5, 31, tzinfo=UTC),
    )
    gate = GateSpec(metric="roc_auc", margin=0.01, resamples=200, floors={"log_loss": 0.7})
    return judge(held, gate, 7)


def test_a_terminal_gets_reasons_values_and_the_rows_and_the_worst_slices(verdict: Verdict) -> None:
    reason, values, rows, slices = report.lines(verdict)

    assert reason == verdict.reasons[0]
    assert values.startswith("ROC AUC: challenger 0.7")
    assert "champion (version 3) 0." in values
    assert values.endswith("baseline 0.5000")
    assert slices.startswith("By origin, the worst first: a|b +0.0")
    assert ", <i> +0.0" in slices  # on one line, whatever the data holds
    assert slices.endswith("], JFK not testable")
    assert rows == ("Judged on 1,400 rows of 14 days, 2013-05-17 to 2013-05-31; left out: 120 seen by the champion")


def test_a_page_says_the_decision_first_and_holds_every_table(verdict: Verdict) -> None:
    page = report.markdown(verdict)

    assert page.startswith(f"## {verdict.reasons[0]}\n\nThe challenger **may be promoted**.")
    assert "| log loss | 0.7 | 0." in page
    assert "Paired bootstrap over days, 14 of them, seed 7." in page
    assert "| JFK | 50 | " in page
    assert "not testable: fewer than 100 rows |" in page


def test_a_value_of_the_data_cannot_break_the_table_it_stands_in(verdict: Verdict) -> None:
    page = report.markdown(verdict)

    assert "| a\\|b | 700 |" in page
    assert "| &lt;i> | 650 |" in page


def test_without_a_champion_no_column_of_a_page_is_its_own(verdict: Verdict) -> None:
    first = replace(verdict, comparison=None, champion_metrics=None, champion_version=None)

    page = report.markdown(first)

    assert "| metric | challenger | baseline | better is |" in page
    assert "champion |" not in page


def test_the_table_of_slices_has_a_row_for_each_value(verdict: Verdict) -> None:
    rows = report.slice_table(verdict)

    assert {row["value"] for row in rows} == {"a|b", "<i>\n", "JFK"}
    assert {row["column"] for row in rows} == {"origin"}
    assert set(rows[0]) == {"column", "value", "rows", "positives", "challenger", "champion", "gain", "interval"}
