"""Have a Prefect server run what the specs of a project say: deployments, their schedules, and automations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from deployments.register.plan import plan
from deployments.register.wanted import ON_REQUEST, POOL, Deployment, wanted
from tasks.settings import Settings
from tasks.spec import ModelSpec, load_spec, names

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_NOT_YET = UUID(int=0)


@dataclass(frozen=True)
class Done:
    """One thing that was changed, or would be."""

    what: str
    """The path of a deployment, such as training/returns; or a work pool, or an automation."""
    how: str


@dataclass(frozen=True)
class Deployed:
    """What a deploy came to."""

    changes: tuple[Done, ...]
    """Nothing, where the server had all of it already."""
    deployments: tuple[str, ...]
    """The paths of all that the specs want."""
    dry_run: bool


def deploy(settings: Settings, *, dry_run: bool = False) -> Deployed:
    """Have the server at ``settings.prefect_api_url`` run what the specs say, and return what that changed.

    What is as it should be is not written again: Prefect drops the scheduled runs of a deployment that is written.
    A spec that cannot be read, or names a block that is not there, stops it before anything is written.

    Raises:
        SpecError: a spec cannot be used.
        ServerError: there is no server.
    """
    specs = _specs(settings)
    asked = wanted(specs)
    from deployments.register import notifications_server as notifications
    from deployments.register.connection import connected

    with connected(settings) as client:
        telling = notifications.wanted(client, specs)
        changes = (
            *_bring_about(client, asked, dry_run=dry_run),
            *(
                Done(f'automation "{name}"', how)
                for name, how in notifications.bring_about(client, telling, dry_run=dry_run)
            ),
        )
    return Deployed(changes, tuple(one.path for one in asked), dry_run)


def deployments_of(settings: Settings) -> tuple[Deployment, ...]:
    """Return the deployments that the project's specs want."""
    return wanted(_specs(settings))


def _specs(settings: Settings) -> list[ModelSpec]:
    return [load_spec(name, settings.specs) for name in names(settings.specs)]


def _bring_about(client: "SyncPrefectClient", asked: tuple[Deployment, ...], *, dry_run: bool) -> Iterator[Done]:
    from deployments.register import server

    if not server.has_pool(client):
        if not dry_run:
            server.make_pool(client)
        yield Done(f"work pool {POOL}", "new, a process for each run")
    for change in plan((server.with_form(one) for one in asked), server.found(client)):
        if not dry_run:
            server.carry_out(client, change)
        yield Done(change.path, "; ".join(change.words))
    yield from _automations(client, dry_run=dry_run)


def _automations(client: "SyncPrefectClient", *, dry_run: bool) -> Iterator[Done]:
    from prefect.exceptions import ObjectNotFound

    from deployments.register.automation import automation, keep
    from deployments.register.lost_runs import LOST, NEVER_BEGAN, close_silent, retry_crashed_trainings

    try:
        trains = client.read_deployment_by_name(ON_REQUEST).id
    except ObjectNotFound:  # in a dry run before the first deploy
        trains = _NOT_YET
    ours = (automation(trains), close_silent(LOST), close_silent(NEVER_BEGAN), retry_crashed_trainings())
    for one in ours:
        if how := keep(client, one, dry_run=dry_run):
            yield Done(f'automation "{one.name}"', how)
