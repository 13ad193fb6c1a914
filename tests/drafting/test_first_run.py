"""What the first-run report says of quality, ageing and schedules, and that it can be opened by anybody."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cronsim import CronSim

from deployments.init_answer import init
from tasks.drafting.chance import chance_of_order
from tasks.drafting.draft import Draft, draft
from tasks.drafting.feature_pictures import MOST, pictures
from tasks.drafting.questions import take_defaults
from tasks.drafting.report import found as others
from tasks.drafting.report import leaks, write_report
from tasks.drafting.wishes import Wishes
from tasks.settings import load_settings
from tasks.spec.cron import next_times
from tests.drafting.tables import ids, loans, question_marks, text

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is to become a project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PERENNIAL_PROJECT", raising=False)
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def drafted(place: Path) -> Callable[..., Draft]:
    def make(rows: pd.DataFrame, target: str = "defaulted") -> Draft:
        rows.to_csv(place / "rows.csv", index=False)
        return draft(Wishes("rows.csv", target, "rows"), load_settings(founding=True), NOW, take_defaults)

    return make


def turning(rows: int = 3000, *, turns: bool) -> pd.DataFrame:
    """Return rows whose target follows one feature, and with ``turns`` another one more and more."""
    draw = np.random.default_rng(3)
    first, second = draw.normal(size=(2, rows))
    late = np.arange(rows) / rows if turns else np.zeros(rows)
    times = pd.date_range("2024-01-01", periods=rows, freq="3h", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    amount = (1 - late) * first + late * second + draw.normal(size=rows) * 0.3
    return pd.DataFrame({"at": times, "first": first.round(3), "second": second.round(3), "amount": amount.round(3)})


def test_a_quick_model_beats_the_baseline_where_there_is_something_to_learn(drafted: Callable[..., Draft]) -> None:
    found = drafted(loans(3000)).look

    assert found.found is not None
    assert found.found.beaten
    assert found.sentence.startswith("a quick model beats the naive baseline by +0.")
    assert "rows of validation" in found.sentence
    assert found.importance["debt"] > 0.2


def test_of_noise_a_quick_model_is_not_shown_to_know_anything(drafted: Callable[..., Draft]) -> None:
    rows = loans(2000)
    noise = np.random.default_rng(1).permutation(rows["defaulted"])

    found = drafted(rows.assign(defaulted=noise)).look

    assert found.found is not None
    assert not found.found.beaten
    assert "not shown to beat the naive baseline" in found.sentence


def test_the_first_look_does_not_touch_the_holdout(drafted: Callable[..., Draft]) -> None:
    rows = loans(3000)
    before = drafted(rows)
    held = pd.to_datetime(rows["created_at"]) >= before.plan.timeline.as_of - before.plan.timeline.holdout

    after = drafted(rows.assign(defaulted=rows["defaulted"].where(~held, 1 - rows["defaulted"])))

    assert 100 < held.sum() < 1000
    assert after.plan.goal.metric == before.plan.goal.metric
    assert after.look == before.look
    assert after.ageing == before.ageing
    assert after.history.times == before.history.times


def test_a_relation_that_turns_makes_the_model_age(drafted: Callable[..., Draft]) -> None:
    found = drafted(turning(turns=True), "amount").ageing

    assert found.shown
    assert [step.age for step in found.steps] == sorted(step.age for step in found.steps)
    assert found.steps[-1].found.difference > found.steps[0].found.difference
    assert "a model ages: " in found.sentence


def test_where_newer_rows_teach_better_the_newest_are_tried_alone(drafted: Callable[..., Draft]) -> None:
    assert 'train = ["' in drafted(turning(5000, turns=True), "amount").spec
    assert '\ntrain = "all"' in drafted(turning(5000, turns=False), "amount").spec


def test_a_relation_that_stays_gives_no_evidence_of_ageing(drafted: Callable[..., Draft]) -> None:
    found = drafted(turning(turns=False), "amount").ageing

    assert found.whole is not None
    assert not found.shown
    assert found.sentence.startswith("no evidence of ageing in so short a history: ")


def test_luck_of_what_each_model_learned_from_is_not_taken_for_age() -> None:
    draw = np.random.default_rng(0)
    chances = [chance_of_order(draw.normal(size=(6, 6)) + 3 * draw.normal(size=(6, 1))) for _ in range(200)]
    places = np.arange(6)
    grows = np.abs(places[:, None] - places) + draw.normal(size=(6, 6))

    assert np.mean(np.array(chances) <= 0.05) <= 0.08
    assert chance_of_order(grows + 3 * draw.normal(size=(6, 1))) <= 0.05


def test_a_file_sorted_by_its_target_says_nothing_of_age(drafted: Callable[..., Draft]) -> None:
    rows = loans(1200).drop(columns=["created_at", "loan_id"]).sort_values("defaulted", kind="stable")

    found = drafted(rows).ageing

    assert found.sentence == "not looked at: the order of the rows says nothing of time"


def test_the_page_holds_no_markup_of_the_data_and_asks_nothing_of_the_network(drafted: Callable[..., Draft]) -> None:
    evil = "<script>alert(1)</script>"
    rows = loans(1500).rename(columns={"debt": evil}).replace({"region": {"west": "<img src=x onerror=alert(2)>"}})

    found = drafted(rows)
    page = write_report(found, ["perennial train rows"], NOW)

    assert evil in found.plan.features
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    assert re.findall(r"""(?:src|href)=["'](?!#)|url\((?!#)""", page) == []
    assert "default-src 'none'" in page


def test_init_says_quality_and_ageing_in_one_line_each(place: Path) -> None:
    loans(1500).to_csv(place / "rows.csv", index=False)

    answer = init(Wishes("rows.csv", "defaulted", "rows"), "2026-11-28", quietly=True)

    assert [line.split()[0] for line in answer.lines if line.startswith(("quality", "ageing"))] == ["quality", "ageing"]
    assert answer.facts["quality"]["beats_baseline"] is True
    page = (place / "home/models/rows/draft/report.html").read_text()
    assert "every Monday at 03:00" in page
    assert "2026-11-30 03:00, 2026-12-07 03:00, 2026-12-14 03:00" in page


def test_a_leak_what_is_to_be_checked_and_a_remark_differ_in_words_and_in_colour(drafted: Callable[..., Draft]) -> None:
    rows, draw = loans(), np.random.default_rng(7)

    found = drafted(question_marks(text(ids(rows, draw), draw), draw))
    page = write_report(found, [], NOW)

    assert [row[:2] for row in leaks(found).rows] == [("collection_case", "✕ leak"), ("decision", "✕ leak")]
    told = {row[2]: (row[0], place in others(found).striking) for place, row in enumerate(others(found).rows)}
    assert told["income"] == ("! check", True)
    assert told["note"] == ("· noted", False)
    assert next(iter(told)) == "income"
    assert page.index(".striking > * { background: #fdf3f2; }") < page.index(
        ".remarks .striking > * { background: #fdf6e7"
    )


def test_a_table_of_twenty_rows_has_a_report_that_claims_nothing(drafted: Callable[..., Draft]) -> None:
    draw = np.random.default_rng(2)
    rows = pd.DataFrame({"a": draw.normal(size=20).round(4), "b": ["u", "v"] * 10, "y": draw.normal(size=20).round(4)})

    found = drafted(rows, "y")
    page = write_report(found, [], NOW)

    assert found.look.learned < 15
    assert not found.look.beats
    assert found.ageing.sentence == "not looked at: 16 rows before the holdout are too few to part by age"
    assert "not looked at: 16 rows" in page.lower()


def test_of_many_features_those_that_carried_most_are_shown(drafted: Callable[..., Draft]) -> None:
    rows = loans(1500)
    draw = np.random.default_rng(0)
    noise = pd.DataFrame({f"sensor {n}": draw.normal(20, 5, len(rows)).round(2) for n in range(40)})

    found = drafted(pd.concat([noise, rows], axis=1))
    shown = pictures(found.plan, found.look.importance)

    assert len(found.plan.features) > MOST
    assert len(shown) == MOST
    assert {"income", "debt"} <= {one.name for one in shown[:4]}
    assert re.fullmatch(r"[23]\.\d% missing", next(one for one in shown if one.name == "income").missing)


def test_all_rows_are_in_the_picture_of_their_time(drafted: Callable[..., Draft]) -> None:
    found = drafted(loans(1500))

    assert sum(found.plan.timeline.volume) == 1500


@pytest.mark.parametrize(
    "cron",
    ["0 3 * * 1", "15 * * * *", "30 */6 * * *", "0 3 1 * *", "5,35 8-18/2 13 * fri", "0 0 29 feb *", "0 1 31 * 7"],
)
def test_the_next_times_are_those_of_cron(cron: str) -> None:
    after = datetime(2026, 11, 28, 15, 15, tzinfo=UTC)
    theirs = CronSim(cron, after)

    assert next_times(cron, after, 5) == [next(theirs) for _ in range(5)]
    assert next_times(cron, after, 1)[0] - after > timedelta(0)
