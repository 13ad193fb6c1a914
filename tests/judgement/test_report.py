from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tasks.judgement import report
from tasks.judgement.gate import judge
from tasks.judgement.holdout import Exhibits, Holdout
from tasks.judgement.leakage.case import Leak
from tasks.judgement.partition import Partition
from tasks.judgement.verdict import Verdict
from tasks.spec import GateSpec

DAY = 86_400_000_000
LEAK = Leak("near_copy", "warn", "refund", 0.97, "refund alone orders 97 % of pairs right")


def make_verdict(worse_on_first: float = 0.0) -> Verdict:
    draw = np.random.default_rng(5)
    score = draw.normal(size=1400)
    origin = np.repeat([0, 1, 2], [700, 650, 50])
    hurt = worse_on_first * (origin == 0) * draw.normal(size=1400)
    held = Holdout(
        task="binary",
        labels=(draw.random(1400) < 1 / (1 + np.exp(-score))).astype(float),
        times=np.arange(1400) % 14 * DAY,
        challenger=1 / (1 + np.exp(-score - hurt)),
        champion=1 / (1 + np.exp(-score - draw.normal(size=1400))),
        baseline=np.full(1400, 0.5),
        slices={"origin": Partition(origin, ("a|b", "<i>\n\x1b[2J", "JFK"))},
        champion_version="3",
        seen_rows_removed=120,
        worn_rows_removed=11,
        uses=np.ones(1400, dtype=np.int64),
        unlabelled_rows=0,
        start=datetime(2013, 5, 17, tzinfo=UTC),
        end=datetime(2013, 5, 31, tzinfo=UTC),
    )
    rules: dict[str, Any] = {"metric": "roc_auc", "margin": 0.01, "resamples": 500, "floors": {"log_loss": 0.7}}
    gate = GateSpec(**rules)
    return judge(held, gate, 7, Exhibits(leaks=(LEAK,)))


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return make_verdict()


@pytest.fixture(scope="module")
def refused() -> Verdict:
    return make_verdict(worse_on_first=30.0)


def line(verdict: Verdict, start: str) -> str:
    return next(found for found in report.lines(verdict) if found.startswith(start))


def test_a_terminal_gets_reasons_values_rows_gates_and_the_worst_slices(verdict: Verdict) -> None:
    assert report.lines(verdict)[0] == verdict.reasons[0]
    assert len(report.lines(verdict)) <= 10
    assert line(verdict, "ROC AUC: challenger 0.7").endswith(", baseline 0.5000")
    assert ", champion (version 3) 0." in line(verdict, "ROC AUC: ")
    assert line(verdict, "Gates: ").startswith("Gates: passed: ")
    assert line(verdict, "Slices").endswith(", 1 not testable")
    assert line(verdict, "Calibration").startswith("Calibration error: challenger 0.0")
    assert line(verdict, "Leaks") == "Leaks: refund (warn)"


def test_the_rows_are_told_with_those_left_out_and_how_worn_they_are(verdict: Verdict) -> None:
    assert line(verdict, "Judged on") == (
        "Judged on 1,400 rows of 14 days, 2013-05-17 to 2013-05-31; left out: 120 seen by the champion, "
        "11 worn out by earlier verdicts; used 1.0 times before on average"
    )


def test_a_slice_that_got_worse_is_named_first(refused: Verdict) -> None:
    assert line(refused, "Slices").startswith("Slices, the worst first: origin = a|b worse, -0.")
    assert "failed: " in line(refused, "Gates")
    assert "| worse |" in report.markdown(refused)


def test_what_data_holds_cannot_steer_a_terminal(refused: Verdict) -> None:
    assert all(text.isprintable() for text in report.lines(refused))


def test_many_reasons_are_cut_and_counted(verdict: Verdict) -> None:
    many = replace(verdict, reasons=tuple(f"reason {number}" for number in range(9)))

    assert report.lines(many)[3:5] == ["reason 3", "and 5 more reasons, in the report"]


def test_a_page_says_the_decision_first_and_holds_every_table(verdict: Verdict) -> None:
    page = report.markdown(verdict)

    assert page.startswith(f"## {verdict.reasons[0]}\n\nThe challenger **may be promoted**.")
    assert "| log loss | 0.7 | 0." in page
    assert "| method | paired bootstrap over days |" in page
    assert "| JFK | 50 | " in page
    assert "not testable: fewer than 100 rows |" in page
    assert "| to be looked at | near copy | refund | 0.97 |" in page
    assert "| leakage | ✓ passed | can stop a promotion |" in page


def test_a_value_of_the_data_cannot_break_the_table_it_stands_in(verdict: Verdict) -> None:
    page = report.markdown(verdict)

    assert "| a\\|b | 700 |" in page
    assert "| &lt;i> [2J | 650 |" in page


def test_a_value_of_the_data_is_no_link_and_no_tag_in_the_headline(verdict: Verdict) -> None:
    page = report.markdown(replace(verdict, reasons=("Refused: worse on a = ![x](y)<b>",)))

    assert page.startswith("## Refused: worse on a = ![x]\\(y)&lt;b>\n")


def test_without_a_champion_no_column_of_a_page_is_its_own(verdict: Verdict) -> None:
    first = replace(verdict, comparison=None, champion_metrics=None, champion_version=None, champion_calibration=None)

    page = report.markdown(first)

    assert "| metric | challenger | baseline | better is |" in page
    assert "champion |" not in page


def test_the_table_of_slices_has_a_row_for_each_value(verdict: Verdict) -> None:
    rows = report.slice_table(verdict)

    assert {row["value"] for row in rows} == {"a|b", "<i>\n\x1b[2J", "JFK"}
    assert {row["column"] for row in rows} == {"origin"}
    assert {row["rows"] for row in rows} == {700, 650, 50}
    assert set(rows[0]) == {"column", "value", "rows", "positives", "challenger", "champion", "gain", "interval", "so"}
