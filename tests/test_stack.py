"""The pinned versions work together: this is the test that turns red when one of the four pins is wrong."""

import json
import time
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from deployments.stack.ports import is_free
from deployments.stack.servers import prefect_server
from tasks.settings import load_settings

pytestmark = pytest.mark.server


def call(url: str, body: dict[str, Any], tries: int = 20) -> Any:
    """Return the answer; while its database is locked by a server that has just started, Prefect says 503."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 503 or tries == 1:
                raise
    time.sleep(1)
    return call(url, body, tries - 1)


def test_the_server_starts_and_a_scheduled_run_comes_to_exist(prefect_api: str) -> None:
    flow = call(f"{prefect_api}/flows/", {"name": "smoke"})
    schedule = {"schedule": {"interval": timedelta(hours=1).total_seconds()}, "active": True}
    body = {"name": "hourly", "flow_id": flow["id"], "schedules": [schedule]}
    deployment = call(f"{prefect_api}/deployments/", body)

    runs: list[Any] = []
    deadline = time.monotonic() + 60
    while not runs and time.monotonic() < deadline:
        time.sleep(0.5)
        runs = call(f"{prefect_api}/flow_runs/filter", {"deployments": {"id": {"any_": [deployment["id"]]}}})

    assert runs, "no scheduled run in 60 s: is sqlalchemy below 2.1?"
    assert runs[0]["state"]["type"] == "SCHEDULED"


def test_a_server_is_gone_after_its_block_and_its_port_is_free(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = load_settings({"PERENNIAL_HOME": str(tmp_path_factory.mktemp("home"))})
    with prefect_server(settings) as api:
        port = int(api.split(":")[2].split("/")[0])
        assert not is_free(port)

    assert is_free(port)
