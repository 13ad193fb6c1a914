"""What the server does about runs that go silent, told by heartbeats that a test sends in their place."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.events import RelatedResource, emit_event
from prefect.events.related import tags_as_related_resources
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Paused, Pending, Running

from deployments.register.automation import keep
from deployments.register.deploy import deploy
from deployments.register.lost_runs import ATTEMPTS, LOST, NEVER_BEGAN, close_silent, retry_crashed_trainings
from deployments.register.wanted import POOL
from deployments.stack.servers import prefect_server
from tasks.environment import child_environment
from tasks.release.ledger.book import Ledger
from tasks.settings import Settings

pytestmark = pytest.mark.server
SOON = timedelta(seconds=10)
"""The least that Prefect allows."""
QUICK = (replace(LOST, within=SOON), replace(NEVER_BEGAN, within=SOON))
Start = Callable[..., UUID]


@pytest.fixture
def client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """A client of the tests' server, which has our automations for the length of a test."""
    with temporary_settings({PREFECT_API_URL: prefect_api}), get_client(sync_client=True) as client:
        wanted = (*(close_silent(silence) for silence in QUICK), retry_crashed_trainings())
        made = [client.create_automation(one) for one in wanted]
        yield client
        for automation in made:
            client.delete_automation(automation)


@pytest.fixture
def start(client: SyncPrefectClient) -> Iterator[Start]:
    """Start a run that is heard of no more: ``start("training", tags=("perennial",))``."""
    made: list[UUID] = []

    def started(flow: str, *, tags: tuple[str, ...] = ("perennial",), times: int = 1, beats: bool = False) -> UUID:
        flow_id = client.create_flow_from_name(flow)
        made.append(client.create_deployment(flow_id, f"silent-{len(made)}", tags=list(tags)))
        run = client.create_flow_run_from_deployment(made[-1])
        for _ in range(times):
            client.set_flow_run_state(run.id, Running(), force=True)
        if beats:
            beat(run.id, flow, tags)
        return run.id

    yield started
    for deployment in made:
        client.delete_deployment(deployment)


def beat(run: UUID, flow: str, tags: tuple[str, ...]) -> None:
    labels = {"prefect.resource.id": "prefect.flow.1", "prefect.resource.role": "flow", "prefect.resource.name": flow}
    emit_event(
        "prefect.flow-run.heartbeat",
        resource={"prefect.resource.id": f"prefect.flow-run.{run}"},
        related=[RelatedResource(labels), *tags_as_related_resources(tags)],
    )


def becomes(client: SyncPrefectClient, run: UUID, name: str) -> bool:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if client.read_flow_run(run).state_name == name:
            return True
        time.sleep(0.2)
    return False


@pytest.mark.drill
def test_silent_runs_are_closed_trainings_begun_again_and_others_left_alone(
    client: SyncPrefectClient, start: Start
) -> None:
    def then(run: UUID, state: State) -> UUID:  # at once: on a busy machine the silence of the next ones is soon over
        client.set_flow_run_state(run, state, force=True)
        return run

    waiting, ended = then(start("training"), Paused()), then(start("training"), Completed(name="Refused"))
    training, exhausted = start("training", beats=True), start("training", times=len(ATTEMPTS) + 1)
    scoring, strange = start("scoring"), start("scoring", tags=("somebody's",), beats=True)
    scheduled, claimed = start("training", times=0), then(start("scoring", times=0), Pending())

    assert becomes(client, training, "AwaitingRetry")
    assert becomes(client, scoring, "Crashed")
    assert becomes(client, exhausted, "Crashed")
    assert becomes(client, claimed, "Crashed")
    time.sleep(SOON.seconds)  # in which the others could still be closed, or begun again
    for run in (exhausted, scoring, claimed):
        assert client.read_flow_run(run).state_name == "Crashed"
    untouched = [client.read_flow_run(run).state_type for run in (strange, waiting, ended, scheduled)]
    assert untouched == [StateType.RUNNING, StateType.PAUSED, StateType.COMPLETED, StateType.SCHEDULED]


def test_an_automation_that_is_as_wanted_is_not_written(client: SyncPrefectClient) -> None:
    assert keep(client, close_silent(QUICK[0])) is None
    assert keep(client, close_silent(LOST), dry_run=True) == "changed"
    assert keep(client, close_silent(QUICK[0])) is None


@pytest.fixture
def recent(project: Path, orders: pa.Table) -> None:
    """Orders up to now."""
    since = pc.subtract(datetime.now(UTC), pc.max(orders["ordered_at"]))
    moved = orders.set_column(0, "ordered_at", pc.add(orders["ordered_at"], since))
    pyarrow.csv.write_csv(moved, project / "orders.csv")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[Settings], "subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(settings: Settings) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
        environment = child_environment(settings, PREFECT_API_URL=str(settings.prefect_api_url))
        with (tmp_path / "worker.log").open("ab") as log:
            started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log))
        return started[-1]

    yield start
    for process in started:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill it and its children, as a machine that loses its power does."""
    if process.poll() is None:
        for one in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            one.kill()
        process.wait()


@pytest.mark.drill
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("recent")
def test_a_training_whose_worker_was_killed_is_trained_within_two_minutes_by_another(
    settings: Settings, worker: Callable[[Settings], "subprocess.Popen[bytes]"]
) -> None:
    with prefect_server(settings) as api, SyncPrefectClient(api) as client:
        served = replace(settings, prefect_api_url=api)
        deploy(served)
        first = worker(served)
        run = client.create_flow_run_from_deployment(client.read_deployment_by_name("training/returns").id).id
        assert becomes(client, run, "Running")
        time.sleep(1)

        kill(first)
        killed = time.monotonic()
        worker(served)

        while client.read_flow_run(run).run_count < 2:
            assert time.monotonic() < killed + 120
            time.sleep(0.5)
        assert becomes(client, run, "Completed")
    kinds = [entry.kind for entry in Ledger(settings.ledger).entries("returns")]
    assert kinds == ["verdict", "proposal", "cost"]
