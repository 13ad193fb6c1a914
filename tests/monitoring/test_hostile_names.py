"""A column and a category that would run as a script, wherever a check is shown."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.monitoring.check import Check
from tasks.monitoring.policy import PolicyDecision
from tasks.monitoring.realised import Realised
from tasks.monitoring.report import write_page
from tasks.monitoring.signal import Signal
from tasks.monitoring.summary import markdown
from tasks.monitoring.triage.diagnosis import Diagnosis, Finding

SCRIPT = "</script><script>alert(1)</script>"
IMAGE = '<img src="https://evil.example/x" onerror=alert(2)>|[here](https://evil.example)'
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def check() -> Check:
    said = f"fix the data: {SCRIPT} has new values: {IMAGE}"
    signal = Signal("unseen", SCRIPT, 0.5, 0.4, 0.6, 0.1, "up", IMAGE, said)
    finding = Finding("renamed_category", "fix_the_data", (SCRIPT,), 0.5, 0.9, said)
    diagnosis = Diagnosis("fix_the_data", "renamed_category", (SCRIPT,), said, 0.9, (finding, finding))
    realised = Realised("roc_auc", None, None, None, None, None, None, None, 0, 10, None)
    decision = PolicyDecision(False, None, (f"no training on a broken feed: {said}",))
    return Check("returns", 1, NOON, NOON - timedelta(days=1), 40, (signal,), realised, diagnosis, decision)


class Tags(HTMLParser):
    """What a browser would make elements of, and what it would run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.scripts.append(data)


def outside(html: str) -> Iterator[str]:
    """Yield what elements of ``html`` would load or run that are not its own."""
    tags = Tags(html)
    for tag, attributes in tags.found:
        if "onerror" in attributes or "evil" in str(attributes):
            yield tag
    yield from (script for script in tags.scripts if script.startswith("alert"))


def test_the_page_of_a_check_runs_and_loads_nothing_of_the_data(check: Check, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    sides = [
        pa.table({SCRIPT: [*[IMAGE] * 20, *[SCRIPT] * 20], "price": draw.random(40), IMAGE: draw.random(40)})
        for _ in "ab"
    ]
    write_page(tmp_path / "page.html", check, *sides)
    html = (tmp_path / "page.html").read_text()

    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in html  # it is shown
    assert "\\u2039/script>\\u2039script>alert(1)" in html  # and drawn, from JSON
    assert list(outside(html)) == []


def test_what_the_ui_of_prefect_shows_of_a_check_is_text(check: Check) -> None:
    page = markdown(check)

    assert "<" not in page
    assert "](" not in page
    (row,) = [line for line in page.splitlines() if line.startswith("| unseen")]
    assert row.replace("\\|", "").count("|") == 6
