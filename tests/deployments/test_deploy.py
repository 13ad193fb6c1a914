"""Deploying to a real Prefect server, and a worker that runs what was scheduled."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse

from deployments.register.deploy import Deployed, deploy
from deployments.register.lost_runs import LOST, NEVER_BEGAN, RETRY
from deployments.register.wanted import ON_REQUEST, POOL
from tasks.announcement import AUTOMATION
from tasks.environment import child_environment
from tasks.errors import ServerError
from tasks.release.ledger.book import Ledger
from tasks.settings import Settings

pytestmark = pytest.mark.server
Edit = Callable[[str, str, str], None]
SPEC = "deployments/returns.toml"
RESOURCES = '[resources]\ncpu = "2"\nmemory = "8Gi"\n\n'
NIGHTLY = '[schedule]\ntrain = "0 3 * * *"\n\n[gate]'


@pytest.fixture
def settings(settings: Settings, prefect_api: str) -> Settings:
    return replace(settings, prefect_api_url=prefect_api)


@pytest.fixture
def client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """A client of the tests' server, from which what was deployed here is taken away again."""
    with SyncPrefectClient(prefect_api) as client:
        yield client
        for deployment in ours(client).values():
            client.delete_deployment(deployment.id)
        for name in (AUTOMATION, LOST.name, NEVER_BEGAN.name, RETRY):
            for automation in client.read_automations_by_name(name):
                client.delete_automation(automation.id)
        client.delete_work_pool(POOL)


@pytest.fixture
def deployed(client: SyncPrefectClient, edit: Edit, settings: Settings) -> Deployed:  # noqa: ARG001 - it cleans up
    """The small project, trained at three every night."""
    edit(SPEC, "[gate]", NIGHTLY)
    return deploy(settings)


def ours(client: SyncPrefectClient) -> dict[str, DeploymentResponse]:
    flows = {flow.id: flow.name for flow in client.read_flows()}
    return {f"{flows[one.flow_id]}/{one.name}": one for one in client.read_deployments() if "perennial" in one.tags}


def runs_of(client: SyncPrefectClient, deployment: DeploymentResponse) -> list[FlowRun]:
    this = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
    return client.read_flow_runs(deployment_filter=this)


def scheduled(client: SyncPrefectClient, path: str) -> list[FlowRun]:
    """Wait for the runs that Prefect's scheduler makes of a deployment."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if found := runs_of(client, ours(client)[path]):
            return found
        time.sleep(0.5)
    raise AssertionError(f"no run of {path} was scheduled")


def said(deployed: Deployed) -> dict[str, str]:
    return {change.what: change.how for change in deployed.changes}


def test_the_second_deploy_changes_nothing_and_keeps_what_is_scheduled(
    client: SyncPrefectClient, deployed: Deployed, settings: Settings
) -> None:
    before, runs = ours(client), scheduled(client, "training/returns")
    again = deploy(settings)

    assert again.changes == ()
    assert set(before) == set(deployed.deployments) == set(again.deployments)
    assert ours(client) == before  # ids, and when each was last written
    assert {run.id for run in runs} <= {run.id for run in scheduled(client, "training/returns")}


def test_a_dry_run_says_all_and_writes_nothing(client: SyncPrefectClient, settings: Settings) -> None:
    found = deploy(settings, dry_run=True)

    assert found.dry_run
    assert set(found.deployments) < {change.what for change in found.changes}
    assert ours(client) == {}
    assert not client.read_automations_by_name(LOST.name)
    assert POOL not in [pool.name for pool in client.read_work_pools()]
    deploy(settings)  # so that there is something to take away


@pytest.mark.usefixtures("deployed")
def test_another_schedule_is_told_and_keeps_the_deployment(
    client: SyncPrefectClient, settings: Settings, edit: Edit
) -> None:
    before = ours(client)["training/returns"]
    edit(SPEC, "0 3 * * *", "30 4 * * *")
    changes = {"training/returns": 'schedule "30 4 * * *" UTC, was "0 3 * * *" UTC'}

    assert said(deploy(settings, dry_run=True)) == said(deploy(settings)) == changes

    after = ours(client)["training/returns"]
    assert (after.id, after.schedules[0].id) == (before.id, before.schedules[0].id)
    starts = [run.expected_start_time for run in scheduled(client, "training/returns")]
    assert {start.hour for start in starts if start} == {4}
    edit(SPEC, 'train = "30 4 * * *"', "")
    assert said(deploy(settings)) == {"training/returns": 'schedule none, was "30 4 * * *" UTC'}
    assert ours(client)["training/returns"].schedules == []


@pytest.mark.usefixtures("deployed")
def test_resources_come_and_go_with_the_spec_and_a_person_s_own_variables_stay(
    client: SyncPrefectClient, settings: Settings, edit: Edit
) -> None:
    edit(SPEC, "[gate]", f"{RESOURCES}[gate]")
    assert set(said(deploy(settings))) == {"training/returns", "scoring/returns", "drift-detection/returns", ON_REQUEST}
    before = ours(client)["training/returns"]
    client.update_deployment(
        before.id, DeploymentUpdate(job_variables={**before.job_variables, "stream_output": False})
    )

    assert deploy(settings).changes == ()
    assert before.job_variables["memory_limit"] == "8Gi"
    edit(SPEC, RESOURCES, "")
    assert len(deploy(settings).changes) == 4

    after = ours(client)["training/returns"].job_variables
    assert after == {"env": before.job_variables["env"], "stream_output": False}


@pytest.mark.usefixtures("deployed")
def test_a_spec_that_is_gone_pauses_its_deployments_until_it_is_back(
    client: SyncPrefectClient, settings: Settings
) -> None:
    spec = settings.specs / "returns.toml"
    hidden = spec.rename(spec.with_suffix(".gone"))

    of_the_model = {"training/returns", "scoring/returns", "drift-detection/returns"}

    assert set(said(deploy(settings))) == of_the_model
    assert deploy(settings).changes == ()
    assert {path for path, one in ours(client).items() if one.paused} == of_the_model

    hidden.rename(spec)
    assert set(said(deploy(settings)).values()) == {"resumed, its spec is there again"}
    assert not any(one.paused for one in ours(client).values())


@pytest.mark.usefixtures("deployed")
def test_what_a_person_has_paused_or_switched_off_stays_so(
    client: SyncPrefectClient, settings: Settings, edit: Edit
) -> None:
    training, scoring = ours(client)["training/returns"], ours(client)["scoring/returns"]
    client.pause_deployment(scoring.id)
    client.update_deployment_schedule(training.id, training.schedules[0].id, active=False)
    client.pause_automation(client.read_automations_by_name(LOST.name)[0].id)

    # Switched off, a schedule loses its parameters: so does Prefect's server.
    assert said(deploy(settings)) == {"training/returns": "parameters of its schedule {'reason': 'schedule'}, were {}"}
    assert deploy(settings).changes == ()
    edit(SPEC, "0 3 * * *", "0 5 * * *")
    edit(SPEC, 'owner = "shop"', 'owner = "sales"')
    deploy(settings)

    assert ours(client)["scoring/returns"].paused
    assert not ours(client)["training/returns"].schedules[0].active
    assert not client.read_automations_by_name(LOST.name)[0].enabled


def test_without_a_server_it_says_which_one_it_looked_for(settings: Settings) -> None:
    with pytest.raises(ServerError, match="PREFECT_API_URL: found nothing; allowed: the address of a Prefect server"):
        deploy(replace(settings, prefect_api_url=None))
    with pytest.raises(ServerError, match="no Prefect server answers at http://127.0.0.1:9/api"):
        deploy(replace(settings, prefect_api_url="http://127.0.0.1:9/api"))


@pytest.mark.usefixtures("deployed")
def test_prefect_s_own_deploy_makes_of_the_yaml_what_we_would(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", str(settings.prefect_api_url))
    deploying = [str(Path(sys.executable).parent / "perennial"), "deploy", "--yaml", str(tmp_path / "prefect.yaml")]
    prefect = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]

    for command in (deploying, prefect):
        subprocess.run(command, check=True, cwd=tmp_path, env=child_environment(settings), capture_output=True)

    assert deploy(settings).changes == ()


@contextmanager
def working(settings: Settings, cwd: Path) -> Iterator[None]:
    """A worker of the pool, in a folder that knows nothing of ours."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    environment = child_environment(settings, PREFECT_API_URL=str(settings.prefect_api_url))
    with subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ) as worker:
        yield
        for process in (*psutil.Process(worker.pid).children(recursive=True), psutil.Process(worker.pid)):
            process.terminate()


@pytest.mark.slow
@pytest.mark.usefixtures("deployed")
@pytest.mark.drill
def test_a_worker_trains_when_it_is_scheduled(
    client: SyncPrefectClient, settings: Settings, edit: Edit, orders: pa.Table, tmp_path: Path
) -> None:
    since = pc.subtract(datetime.now(UTC), pc.max(orders["ordered_at"]))
    recent = orders.set_column(0, "ordered_at", pc.add(orders["ordered_at"], since))
    pyarrow.csv.write_csv(recent, settings.project / "orders.csv")
    edit(SPEC, "0 3 * * *", "* * * * *")
    edit(SPEC, "[gate]", f"{RESOURCES}[gate]")  # which a pool of processes passes over
    deploy(settings)

    with working(settings, tmp_path):
        until = time.monotonic() + 150
        ended: list[FlowRun] = []
        while not ended and time.monotonic() < until:
            time.sleep(0.5)
            ended = [
                run for run in runs_of(client, ours(client)["training/returns"]) if run.state and run.state.is_final()
            ]

    assert [(run.name, run.state_name, run.auto_scheduled) for run in ended] == [
        ("train-returns-schedule", "Completed", True)
    ]
    assert [entry.kind for entry in Ledger(settings.ledger).entries("returns")] == ["verdict", "proposal", "cost"]
