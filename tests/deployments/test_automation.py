from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from prefect.automations import RunDeployment
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.register.automation import automation, upsert
from tasks.announcement import AUTOMATION, TRAINING, announce_request
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.work_records import Requested

pytestmark = pytest.mark.server
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
ENTRY = Entry(12, "returns", NOON, Requested("drift", NOON, 1, "price has moved", "digest"), "", "")


@pytest.fixture
def client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """A client of the tests' server, from which what was made here is taken away again."""
    with temporary_settings({PREFECT_API_URL: prefect_api}), get_client(sync_client=True) as client:
        yield client
        for found in client.read_automations_by_name(AUTOMATION):
            client.delete_automation(found.id)


@pytest.fixture
def training(client: SyncPrefectClient) -> Iterator[UUID]:
    """The training's deployment, which nobody serves."""
    flow, name = TRAINING.split("/")
    made = client.create_deployment(client.create_flow_from_name(flow), name, enforce_parameter_schema=False)
    yield made
    client.delete_deployment(made)


def test_the_automation_that_is_made_again_is_the_same_one(client: SyncPrefectClient, training: UUID) -> None:
    first = upsert(training)

    assert upsert(training) == first
    (found,) = client.read_automations_by_name(AUTOMATION)
    assert found.id == first
    assert isinstance(found.actions[0], RunDeployment)
    assert found.actions[0].deployment_id == training


def test_of_many_with_its_name_one_is_left(client: SyncPrefectClient, training: UUID) -> None:
    for _ in range(3):
        client.create_automation(automation(training))

    upsert(training)

    assert len(client.read_automations_by_name(AUTOMATION)) == 1


def test_what_a_person_has_switched_off_stays_off_and_is_not_gone_around(
    client: SyncPrefectClient, training: UUID
) -> None:
    made = upsert(training)
    client.pause_automation(made)

    assert upsert(training) == made
    assert not client.read_automations_by_name(AUTOMATION)[0].enabled
    assert not announce_request("returns", ENTRY)


def test_a_request_is_heard_by_the_automation_and_starts_a_run_itself_where_there_is_none(
    client: SyncPrefectClient, training: UUID
) -> None:
    assert announce_request("returns", ENTRY)

    (run,) = [run for run in client.read_flow_runs() if run.deployment_id == training]
    assert run.parameters == {"model": "returns", "reason": "drift", "request": 12}


@pytest.mark.usefixtures("client")
def test_a_request_that_nobody_can_train_says_so() -> None:
    assert not announce_request("returns", ENTRY)
