"""Every page that Perennial writes is whole by itself: it opens in a real browser without a network, and asks for nothing."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tasks.settings import Settings

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
COMMANDS = (
    "train returns --as-of 2024-02-22",
    "approve returns 1 --by Ada --reason better",
    "score returns --from 2024-02-22 --as-of 2024-02-29",
    "watch returns --as-of 2024-02-29",
    "replay returns --every 5d",
    "init orders.csv --target returned --name drafted --yes",
)
PAGES = ("runs/*/record/verdict.html", "reports/*.html", "replay/*/replay.html", "draft/report.html")


@pytest.fixture
def offline() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_context(offline=True, viewport={"width": 1280, "height": 1000})
        browser.close()


def test_every_page_opens_without_a_network_and_asks_for_nothing(
    project: Path, settings: Settings, offline: Any
) -> None:
    break_a_feed(project / "orders.csv")
    for command in COMMANDS:
        perennial = [str(Path(sys.executable).parent / "perennial"), *command.split()]
        ran = subprocess.run(perennial, cwd=project, check=False, timeout=120, capture_output=True, text=True)
        assert ran.returncode == (1 if command.startswith("watch") else 0), ran.stderr
    for name in PAGES:
        (path,) = settings.home.glob(f"models/*/{name}")
        asked: list[str] = []
        complaints: list[str] = []
        page = offline.new_page()
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda said, complaints=complaints: complaints.append(said.text))
        page.on("pageerror", lambda error, complaints=complaints: complaints.append(str(error)))
        page.goto(path.as_uri())

        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert not complaints
        assert page.locator("h1").first.is_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path.name} is {wide} pixels wider than the window"
        assert page.locator("svg").first.bounding_box()["width"] > 0
        page.close()


def break_a_feed(orders: Path) -> None:
    """Weights come in grams from the last week on, so that watching has something to show."""
    table = pd.read_csv(orders)
    table.loc[table["ordered_at"] >= "2024-02-22", "weight"] *= 1000
    table.to_csv(orders, index=False)
