"""Automations of ours, kept as they are to be; and the one that starts a training when one was asked for."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.events.schemas.automations import AutomationCore

DEBOUNCE = timedelta(seconds=10)
"""Events of one model that come so soon after one another start one training; any others find that it is under way."""


def upsert(deployment: UUID) -> UUID:
    """Have one automation run the training's ``deployment``, and return its id; made again, it is the same one."""
    from prefect.client.orchestration import get_client

    wanted = automation(deployment)
    with get_client(sync_client=True) as client:
        keep(client, wanted)
        return client.read_automations_by_name(wanted.name)[0].id


def keep(client: "SyncPrefectClient", wanted: "AutomationCore", *, dry_run: bool = False) -> str | None:
    """Have one automation of its name be as it is ``wanted``, and say what that changed; None: nothing.

    Prefect lets many have one name: all but one are deleted. One that a person has switched off stays off. One that is
    as wanted is not written again: that would forget the events that it has counted.
    """
    found = client.read_automations_by_name(wanted.name)
    if not found:
        if not dry_run:
            client.create_automation(wanted)
        return "new"
    kept = wanted.model_copy(update={"enabled": found[0].enabled})
    differs = _facts(found[0]) != _facts(kept)
    if not dry_run:
        for other in found[1:]:
            client.delete_automation(other.id)
        if differs:
            client.update_automation(found[0].id, kept)
    return "changed" if differs else "doubles deleted" if found[1:] else None


def automation(deployment: UUID, *, enabled: bool = True) -> "AutomationCore":
    """Return the automation: for each request that is announced, it runs ``deployment`` with what the event says."""
    from prefect.automations import EventTrigger, Posture, RunDeployment
    from prefect.events.schemas.automations import AutomationCore

    from tasks.announcement import AUTOMATION, REQUESTED

    trigger = EventTrigger(
        expect={REQUESTED},
        match={"prefect.resource.id": "perennial.model.*"},
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
        within=DEBOUNCE,
    )
    known = {name: _of_the_event(name) for name in ("model", "reason", "request")}
    return AutomationCore(
        name=AUTOMATION,
        description="A training for each request that stands in the ledger; see tasks/release/requests.py.",
        enabled=enabled,
        trigger=trigger,
        actions=[RunDeployment(source="selected", deployment_id=deployment, parameters=known)],
    )


def _of_the_event(name: str) -> dict[str, object]:
    """Return what Prefect replaces by the event's own value, as JSON: a template alone would make text of a number."""
    template = {"__prefect_kind": "jinja", "template": "{{ event.payload." + name + " | tojson }}"}
    return {"__prefect_kind": "json", "value": template}


def _facts(automation: "AutomationCore") -> dict[str, Any]:
    return automation.model_dump(mode="python", exclude={"id", "created", "updated", "owner_resource"})
