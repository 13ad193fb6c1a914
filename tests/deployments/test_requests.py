"""Whatever becomes of the event, exactly one training comes of a request: with real servers, which are killed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import AutomationCore, EventTrigger

from deployments.stack.servers import deployments_served, prefect_server
from tasks.announcement import AUTOMATION
from tasks.release import requests
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.work_records import Answered, Requested
from tasks.settings import Settings

pytestmark = [pytest.mark.server, pytest.mark.drill, pytest.mark.timeout(300), pytest.mark.usefixtures("project")]
AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
ASKED = Requested("drift", AS_OF, None, "price has moved", "digest")
CHECK = """
import sys
from tasks.environment import prepare_environment
from tasks.settings import load_settings

settings = load_settings()
prepare_environment(settings)
from tasks.announcement import announce_request
from tasks.release import requests
from tasks.release.ledger.book import Ledger

for _ in range(int(sys.argv[1])):
    entry = requests.heal(Ledger(settings.ledger), "returns")
    print(announce_request("returns", entry) if entry else None)
"""
"""What a check does about a request that it finds open."""


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return Ledger(settings.ledger)


@pytest.fixture
def api(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Prefect's server with our deployments, and a worker that looks for runs every second."""
    monkeypatch.setenv("PREFECT_WORKER_QUERY_SECONDS", "1")
    with prefect_server(settings) as url, deployments_served(settings, url):
        yield url


def check(api: str, *, times: int = 1) -> list[str]:
    command = [sys.executable, "-c", CHECK, str(times)]
    environment = {**os.environ, "PREFECT_API_URL": api}
    found = subprocess.run(command, env=environment, timeout=120, capture_output=True, text=True, check=False)
    return found.stdout.split()


def ask(ledger: Ledger) -> None:
    requests.request(ledger, "returns", ASKED, datetime.now(UTC))


def ended(api: str, *, runs: int) -> Counter[str]:
    """Wait until there are so many runs and all have ended, and count how."""
    until = time.monotonic() + 150
    while time.monotonic() < until:
        with SyncPrefectClient(api) as client:
            found = client.read_flow_runs()
        if len(found) == runs and all(run.state and run.state.is_final() for run in found):
            return Counter(str(run.state_name) for run in found)
        time.sleep(0.5)
    raise AssertionError([(run.name, run.state_name) for run in found])


def assert_trained_once(ledger: Ledger) -> None:
    entries = ledger.entries("returns")
    answer = entries[-2].what
    assert [entry.kind for entry in entries] == ["request", "claim", "verdict", "proposal", "answer", "cost"]
    assert isinstance(answer, Answered)
    assert (answer.request, answer.version, answer.superseded) == (1, 1, False)
    assert requests.heal(ledger, "returns") is None


def test_an_event_that_is_lost_with_the_automation_is_made_good_by_the_next_check(api: str, ledger: Ledger) -> None:
    ask(ledger)
    with SyncPrefectClient(api) as client:
        (automation,) = client.read_automations_by_name(AUTOMATION)
        client.delete_automation(automation.id)

    assert check(api) == ["True"]

    assert ended(api, runs=1) == {"Completed": 1}
    assert_trained_once(ledger)


def test_an_event_that_comes_ten_times_trains_once(api: str, ledger: Ledger) -> None:
    with SyncPrefectClient(api) as client:
        (automation,) = client.read_automations_by_name(AUTOMATION)
        eager = AutomationCore(**automation.model_dump(exclude={"id", "owner_resource"}))
        assert isinstance(eager.trigger, EventTrigger)
        eager.trigger.within = timedelta(0)  # no event is held back: each starts a run
        client.update_automation(automation.id, eager)
    ask(ledger)

    assert check(api, times=10) == ["True"] * 10

    found = ended(api, runs=10)
    assert found["Completed"] == 1
    assert found["Underway"] + found["AlreadyAnswered"] >= 8  # Python 3.11.7 may break one: python/cpython#106905
    assert_trained_once(ledger)


def test_a_server_that_is_killed_between_the_row_and_the_event_loses_nothing(
    api: str, ledger: Ledger, settings: Settings
) -> None:
    ask(ledger)
    kill_the_server()
    assert check(api) == []

    with prefect_server(settings, port_of(api)):
        assert check(api) == ["True"]
        assert ended(api, runs=1) == {"Completed": 1}
    assert_trained_once(ledger)


def kill_the_server() -> None:
    (server,) = (child for child in psutil.Process().children() if "server" in child.cmdline())
    os.killpg(server.pid, signal.SIGKILL)


def port_of(api: str) -> int:
    return int(api.split(":")[2].split("/")[0])
