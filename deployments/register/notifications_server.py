"""The automations of notifications on a Prefect server, brought to what the specs say."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from deployments.register.automation import keep
from deployments.register.notifications import TELL, Channel, automations, channels
from tasks.errors import SpecError
from tasks.spec import ModelSpec

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.events.schemas.automations import Automation, AutomationCore

_PAGE = 200
"""The most that the server gives at once."""


def wanted(client: "SyncPrefectClient", specs: Sequence[ModelSpec]) -> tuple["AutomationCore", ...]:
    """Return the automations that ``specs`` want, with the blocks that the server has; nothing is written.

    Raises:
        SpecError: a spec names a block that is not there, or that cannot tell anybody anything.
    """
    return tuple(one for channel in channels(specs) for one in automations(channel, _block(client, channel)))


def bring_about(
    client: "SyncPrefectClient", wanted: Sequence["AutomationCore"], *, dry_run: bool
) -> Iterator[tuple[str, str]]:
    """Have the server have these automations and no others of their kind; yield the name and what changed."""
    for one in wanted:
        if how := keep(client, one, dry_run=dry_run):
            yield one.name, how
    names = {one.name for one in wanted}
    for old in _ours(client):
        if old.name not in names:
            if not dry_run:
                client.delete_automation(old.id)
            yield old.name, "deleted, no spec asks for it"


def _block(client: "SyncPrefectClient", channel: Channel) -> UUID:
    from prefect.exceptions import ObjectNotFound

    kind, name = channel.block.split("/")
    try:
        found = client.read_block_document_by_name(name, kind, include_secrets=False)
    except ObjectNotFound:
        raise SpecError(
            f"{channel.keys[0]}: found {channel.block!r}; allowed: a block that the Prefect server has; "
            f'make it, with the name "{name}", on the page that `prefect block create {kind}` shows'
        ) from None
    if found.block_schema is None or "notify" not in found.block_schema.capabilities:
        raise SpecError(
            f"{channel.keys[0]}: found {channel.block!r}; allowed: a block that can notify, such as one of type "
            "slack-webhook, sendgrid-email or custom-webhook"
        )
    return found.id


def _ours(client: "SyncPrefectClient") -> Iterator["Automation"]:
    found: list[Automation] = []
    while page := client.read_automations(limit=_PAGE, offset=len(found)):
        found += page
    return (one for one in found if one.name.startswith(TELL))
