"""A person approves a version in the real Prefect UI, in a real browser.

``make test-browser`` installs what it needs. The picture that it takes of the form is the one in the docs.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deployments.stack.servers import deployments_served, prefect_server
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import Champion, Standing, standing
from tasks.release.ledger.version_records import Approved
from tasks.settings import Settings

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("project"), pytest.mark.timeout(300)]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def servers(settings: Settings) -> Iterator[str]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with prefect_server(settings) as url, deployments_served(settings, url):
        yield url


@pytest.fixture
def page() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield chromium.new_page(viewport={"width": 1280, "height": 1150})
        chromium.close()


def stands(settings: Settings) -> Standing:
    return standing(Ledger(settings.ledger).entries("returns"))


def train(api: str) -> None:
    perennial = str(Path(sys.executable).parent / "perennial")
    command = [perennial, "train", "returns", "--as-of", "2024-03-01"]
    subprocess.run(command, env={**os.environ, "PREFECT_API_URL": api}, check=True, timeout=200)


def link_of_the_announcement(api: str) -> str:
    from prefect.client.orchestration import SyncPrefectClient

    with SyncPrefectClient(api) as client:
        (artifact,) = [a for a in client.read_artifacts(limit=50) if a.key == "returns-proposal"]
    found = re.search(r"\[open the form\]\((\S+)\)", str(artifact.data))
    assert found
    return found[1]


def form(api: str) -> str:
    """The announced address, on the port that the server has now."""
    return api.removesuffix("/api") + urlsplit(link_of_the_announcement(api))._replace(scheme="", netloc="").geturl()


def test_an_approval_in_the_prefect_ui_makes_the_version_champion_though_the_servers_were_restarted(
    page: Any, settings: Settings
) -> None:
    with servers(settings) as api:
        train(api)
    assert [pending.version for pending in stands(settings).pending] == [1]

    with servers(settings) as api:
        approve(form(api), page)
        champion = wait_for_champion(settings)

    assert champion.version == 1
    approval = next(entry for entry in Ledger(settings.ledger).entries("returns") if entry.kind == "approval")
    assert isinstance(approval.what, Approved)
    assert (approval.what.approver, approval.what.reason) == ("Ada", "better in February, and no slice is worse")


def approve(address: str, page: Any) -> None:
    page.goto(address)
    field(page, "decision").locator(".p-select-button__control").focus()
    page.keyboard.press("ArrowDown")  # the list opens by the keyboard; a driver's click comes too soon for it
    page.locator(".p-select-option", has_text="approve").click()
    field(page, "approver").locator("textarea").fill("Ada")
    field(page, "reason").locator("textarea").fill("better in February, and no slice is worse")
    if pictures := os.environ.get("PERENNIAL_PICTURES"):
        page.screenshot(path=Path(pictures) / "approval.png")
    page.get_by_role("button", name="Submit").click()


def test_the_form_decides_nothing_by_itself(page: Any, settings: Settings) -> None:
    with servers(settings) as api:
        train(api)
        page.goto(form(api))
        page.get_by_role("button", name="Submit").click()
        page.wait_for_timeout(5000)

        assert page.url.split("?")[0].endswith("/run")
    assert stands(settings).champion is None


def field(page: Any, name: str) -> Any:
    """The part of the form that is about one parameter."""
    label = page.locator(".schema-form-property__label", has_text=re.compile(rf"^{name}"))
    return page.locator(".schema-form-property").filter(has=label)


def wait_for_champion(settings: Settings) -> Champion:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if champion := stands(settings).champion:
            return champion
        time.sleep(0.5)
    raise AssertionError("nobody became champion")
