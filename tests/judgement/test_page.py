import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from tasks.judgement.explained import Explained
from tasks.judgement.gate import judge
from tasks.judgement.holdout import Exhibits, Holdout
from tasks.judgement.leakage.case import Leak
from tasks.judgement.page import About, page
from tasks.judgement.partition import Partition
from tasks.judgement.table import Table
from tasks.judgement.verdict import Cost, Verdict
from tasks.metrics import Task
from tasks.spec import GateSpec

DAY = 86_400_000_000
HOSTILE = '<script>alert(1)</script><img src="http://evil.example/x">'
METRIC: dict[Task, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "mae"}
ABOUT = About("flight_delay", {"carrier": 0.6, HOSTILE: 0.4}, ("early", "on time", "late"), (("code", "0ad7813"),))
FOUND = Exhibits(
    leaks=(Leak("near_copy", "warn", HOSTILE, 0.97, f"{HOSTILE} alone orders 97 % of pairs right"),),
    cost=Cost(latency_ms=1.3, batch_us=9.0, megabytes=0.8),
)


def predict(task: Task, seen: np.ndarray) -> np.ndarray:
    shares = np.exp(seen) / np.exp(seen).sum(axis=1, keepdims=True)
    told = {"binary": 1 / (1 + np.exp(-seen[:, 0])), "multiclass": shares, "regression": seen[:, 0]}
    return np.asarray(told[task])


def make_holdout(task: Task = "binary", rows: int = 2800, *, hurt: float = 0.0) -> Holdout:
    """A holdout on which the challenger is good, but for noise of strength ``hurt`` on the first slice."""
    draw = np.random.default_rng(3)
    score, first = draw.normal(size=(rows, 3)), np.arange(rows) % 4 == 0
    labels = {"binary": score[:, 0] + draw.normal(size=rows) > 0, "multiclass": score.argmax(axis=1)}
    told, rival = (
        predict(task, score + noise[:, None] * draw.normal(size=(rows, 3))) for noise in (hurt * first, np.ones(rows))
    )
    return Holdout(
        task=task,
        labels=np.asarray(labels.get(task, score[:, 0]), dtype=float),
        times=(15_842 + np.sort(np.arange(rows) % 14)) * DAY,
        challenger=told,
        champion=rival,
        baseline=np.full_like(told, 1 / 3),
        slices={"origin": Partition(1 - first, (HOSTILE, "JFK"))},
        sensitive={"origin": Partition(1 - first, (HOSTILE, "JFK"))},
        champion_version="3",
        seen_rows_removed=7,
        unlabelled_rows=0,
        start=datetime(2013, 5, 17, tzinfo=UTC),
        end=datetime(2013, 5, 31, tzinfo=UTC),
    )


def decide(held: Holdout, **gate: Any) -> Verdict:
    rules = {"metric": METRIC[held.task], "resamples": 200, "slices": ["origin"], "fairness": {"columns": ["origin"]}}
    return judge(held, GateSpec(**{**rules, **gate}), 7, FOUND)


def make_page(held: Holdout, **gate: Any) -> str:
    return page(decide(held, **gate), held, ABOUT)


class Reader(HTMLParser):
    """What a browser would see: tags with their attributes, and the text by the tag that it stands in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag != "meta":
            self.open.append(tag)
        self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"<{tag}> is closed before what stands in it"

    def handle_data(self, text: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += text

    def text(self, tag: str) -> str:
        return " ".join(self.texts[tag][0].split())


@pytest.fixture(scope="module")
def refused() -> str:
    return make_page(make_holdout(hurt=3.0), margin=0.5, slice_margin=0.01)


def test_a_refusals_sentence_is_the_first_heading(refused: str) -> None:
    heading = Reader(refused).text("h1")

    assert heading.startswith(f"Refused: worse on origin = {HOSTILE} ROC AUC 0.")
    assert heading.endswith("beyond the slice margin of 0.01")
    assert refused.index("<h1") < refused.index("<h2")
    assert "The champion, version 3, stays in use." in refused


def test_the_page_needs_nothing_beside_it(refused: str) -> None:
    reader = Reader(refused)
    referring = ("src", "href", "xlink:href", "action", "data", "srcset", "poster")
    referred = [value for _, attributes in reader.tags for name in referring if (value := attributes.get(name))]

    assert {tag for tag, _ in reader.tags}.isdisjoint({"script", "link", "iframe", "object", "img", "base"})
    assert all(value.startswith("#") for value in referred)
    assert not re.search(r"@import|url\((?!#)", refused)


def test_what_the_data_holds_is_text_and_never_markup(refused: str) -> None:
    assert "<script" not in refused
    assert "<img" not in refused
    assert refused.count("&lt;script&gt;") >= 4  # heading, picture, tables, leak


def test_the_same_verdict_gives_the_same_bytes(refused: str) -> None:
    assert make_page(make_holdout(hurt=3.0), margin=0.5, slice_margin=0.01) == refused


def test_no_id_is_there_twice_and_each_reference_finds_its_own(refused: str) -> None:
    tags = Reader(refused).tags
    ids = [value for _, attributes in tags if (value := attributes.get("id"))]
    used = re.findall(r'(?:href="|url\()#([^")]+)', refused)

    assert len(ids) == len(set(ids))
    assert set(used) <= set(ids)


def test_tables_have_captions_and_pictures_descriptions(refused: str) -> None:
    tags = Reader(refused).tags

    assert refused.count("<table") == refused.count("<caption>") > 8
    assert all(attributes.get("aria-label") for tag, attributes in tags if tag == "svg")


def test_every_part_is_told_in_its_order(refused: str) -> None:
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", refused) == [
        "The difference to the champion",
        "Gates",
        "Metrics",
        "Curves",
        "Slices",
        "Calibration",
        "Fairness",
        "Leakage",
        "Rows and method",
        "What the challenger looks at",
        "Data and lineage",
    ]


def test_what_there_is_nothing_to_say_of_is_left_out() -> None:
    held = replace(make_holdout(), champion=None, champion_version=None, slices={}, sensitive={})

    html = page(judge(held, GateSpec(metric="roc_auc", resamples=200), 7), held, About("m", {}, (), ()))

    assert Reader(html).text("h1").startswith("Better than the baseline ROC AUC 0.")
    assert html.count("<section") == 6
    for absent in ("Slices", "Fairness", "Leakage", "Data and lineage", "champion (version"):
        assert absent not in html


@pytest.mark.parametrize("task", METRIC)
def test_a_page_of_each_task_says_that_the_challenger_may_be_promoted(task: Task) -> None:
    html = make_page(make_holdout(task))

    assert 'class="verdict may"' in html
    assert Reader(html).text("title") == "May be promoted: flight_delay"


def test_too_few_rows_are_undecided_and_say_how_many_more_are_needed() -> None:
    html = make_page(make_holdout(rows=60))

    assert 'class="verdict undecided"' in html
    assert Reader(html).text("h1").startswith("Undecided: 60 unseen labelled rows gate.min_rows = 200, 140 more")
    assert "origin = JFK: not testable, fewer than 100 rows (45 rows)" in html


def test_a_figure_that_cannot_be_computed_is_a_dash_and_not_nan() -> None:
    html = make_page(replace(make_holdout(), labels=np.ones(2800)))

    assert '<td data-label="challenger" class="number">–</td>' in html
    assert not re.search(r"<d[dt][^>]*>[^<]*\bnan\b", html)
    assert not re.search(r'<td data-label="(?!finding)[^>]*>[^<]*\bnan\b', html)


def test_how_predictions_come_about_is_told_beside_what_matters_most() -> None:
    rows = Table("Single rows", ("shown because", "row"), (("a typical positive", HOSTILE),))
    explained = Explained({"dependence_1": '<svg aria-label="mine"></svg>'}, rows)
    held = make_holdout()

    html = page(decide(held), held, replace(ABOUT, explained=explained))
    broken = page(decide(held), held, replace(ABOUT, explained=Explained(broken=f"KeyError: {HOSTILE}")))

    part = html.split("What the challenger looks at")[1].split("</section>")[0]
    assert part.count("<svg") == 2
    assert "partial dependence" in part
    assert "a typical positive" in part
    assert "<script" not in html + broken
    assert "This could not be explained any further: KeyError: &lt;script&gt;" in broken


def test_pictures_that_were_drawn_already_are_not_drawn_again() -> None:
    held = make_holdout()

    html = page(decide(held), held, ABOUT, pictures={"roc": '<svg aria-label="mine"></svg>'})

    assert html.count("<svg") == 1
