"""The loop as a user has it: one command up, and what is scheduled, watched, asked for and approved after that.

``make e2e`` installs what it needs. With PERENNIAL_PICTURES it keeps the pictures that the docs show.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psutil
import pytest

from deployments.stack import running
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.standing import standing
from tasks.settings import load_settings

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
READY = "perennial status shows how it stands"
Eventually = Callable[..., Any]


def perennial(*words: str) -> str:
    command = [sys.executable, "-m", "deployments.cli", *words]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout


def entries(kind: str) -> list[Entry]:
    return [entry for entry in Ledger(load_settings().ledger).entries("returns") if entry.kind == kind]


def champion() -> int | None:
    found = standing(Ledger(load_settings().ledger).entries("returns")).champion
    return found.version if found else None


@pytest.fixture
def up(shop: Any, eventually: Eventually) -> Iterator[psutil.Popen]:
    """`perennial up`, with one training that is to start by itself, two minutes from now."""
    from deployments.stack.ports import free_port

    soon = datetime.now(UTC) + timedelta(minutes=2)
    shop.schedule(train=f"{soon.minute} {soon.hour} * * *")
    said = shop.folder / "up.txt"
    ports = ["--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]
    with said.open("w") as output:
        command = [sys.executable, "-m", "deployments.cli", "up", *ports]
        process = psutil.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        eventually(lambda: READY in said.read_text() or process.poll() is not None)
        assert process.poll() is None, said.read_text()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(120)


def test_the_loop_runs_by_itself_from_one_command(
    up: psutil.Popen, shop: Any, browser: Any, eventually: Eventually
) -> None:
    stack = running.current(shop.home)
    assert stack
    prefect = stack.prefect_api.removesuffix("/api")

    eventually(lambda: entries("proposal"), 240)  # nobody started that training
    browser.page.goto(f"{prefect}/runs")
    browser.page.get_by_text("train-returns-schedule").first.wait_for(timeout=90_000)
    browser.picture("runs")
    approve(browser, eventually(lambda: form(stack.prefect_api, 1)))
    eventually(lambda: champion() == 1)

    perennial("score", "returns", "--from", f"{shop.now - timedelta(days=2):%Y-%m-%dT%H:%M}")
    shop.orders(in_cents=timedelta(hours=12))
    shop.schedule(drift="* * * * *")
    assert "drift-detection/returns" in perennial("deploy")
    first = eventually(lambda: checks(shop.home))[-1]
    assert (first["diagnosis"]["action"], first["diagnosis"]["columns"]) == ("fix_the_data", ["price"])
    assert entries("request") == []
    browser.page.goto(f"{prefect}/runs")
    browser.page.get_by_text("FixTheData").first.wait_for(timeout=90_000)
    browser.picture("fix_the_data")

    shop.orders(turned=timedelta(days=12))  # whoever kept an order sends it back now, and the other way round
    (asked,) = eventually(lambda: entries("request"), 240)
    (answer,) = eventually(lambda: entries("answer"), 240)  # by event and automation: nobody started that one either
    shop.schedule()
    perennial("deploy")
    assert answer.what.request == asked.number
    approve(browser, eventually(lambda: form(stack.prefect_api, 2)))
    eventually(lambda: champion() == 2)
    eventually(lambda: alias(shop.home) == 2)  # it follows the ledger
    browser.page.goto(f"{stack.mlflow}/#/models/returns")
    browser.page.get_by_text("champion").first.wait_for(timeout=90_000)
    browser.picture("registry")

    for version in ("1", "2"):  # though the source has other rows now
        assert "made again, bit for bit" in perennial("reproduce", "returns", version)

    family = [up, *up.children(recursive=True)]
    assert "everything is stopped" in perennial("down")
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert browser.hosts <= {"127.0.0.1", "of the page itself"}


def checks(home: Path) -> list[Any]:
    files = sorted((home / "models" / "returns" / "checks").glob("*.json"))
    return [json.loads(file.read_text()) for file in files]


def alias(home: Path) -> int:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}", f"sqlite:///{home / 'mlflow.db'}")
    return int(client.get_model_version_by_alias("returns", "champion").version)


def form(api: str, version: int) -> str:
    """Return the address in the announcement of a proposal, once it has been made."""
    from prefect.client.orchestration import SyncPrefectClient

    with SyncPrefectClient(api) as client:
        texts = [str(a.data) for a in client.read_artifacts(limit=100) if a.key == "returns-proposal"]
    links = [link for text in texts for link in re.findall(r"\[open the form\]\((\S+)\)", text)]
    return next((link for link in links if f'"version": {version}}}' in unquote(unquote(link))), "")


def approve(browser: Any, address: str) -> None:
    """Open the form, choose, sign, and submit."""
    page = browser.page
    page.goto(address)
    field(page, "decision").locator(".p-select-button__control").focus()
    page.keyboard.press("ArrowDown")  # the list opens by the keyboard; a driver's click comes too soon for it
    page.locator(".p-select-option", has_text="approve").click()
    field(page, "approver").locator("textarea").fill("Ada")
    field(page, "reason").locator("textarea").fill("no worse, and no slice is")
    browser.picture("approve")
    page.get_by_role("button", name="Submit").click()


def field(page: Any, name: str) -> Any:
    """The part of the form that is about one parameter."""
    label = page.locator(".schema-form-property__label", has_text=re.compile(rf"^{name}"))
    return page.locator(".schema-form-property").filter(has=label)
