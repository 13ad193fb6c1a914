"""Tell those who may approve it that a version awaits them: an event, and a page in the Prefect UI with a link.

The proposal is a row in the ledger. What is lost here is lost news, and nothing else.
"""

import json
from urllib.parse import quote

from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_UI_URL

from tasks.release.ledger.entries import Proposed

EVENT = "perennial.proposal.pending"
DEPLOYMENT = "promotion/promotion"


def announce(model: str, proposed: Proposed) -> None:
    """Announce a pending proposal."""
    emit_event(
        EVENT,
        resource={"prefect.resource.id": f"perennial.model.{model}", "prefect.resource.name": model},
        payload={"model": model, "version": proposed.version, "summary": proposed.summary},
    )
    create_markdown_artifact(
        _page(model, proposed), key=f"{model.replace('_', '-')}-proposal", description=f"version {proposed.version}"
    )


def _page(model: str, proposed: Proposed) -> str:
    until = f" It is void after {proposed.expires:%Y-%m-%d %H:%M} UTC." if proposed.expires else ""
    people = "one person has" if proposed.approvals == 1 else f"{proposed.approvals} different people have"
    form = _form(model, proposed.version)
    ways = [f"- [open the form]({form}), choose, and run it"] if form else []
    which = f"{model} {proposed.version}"
    ways.append(f"- or: `perennial approve {which}`, `perennial reject {which} --reason …`")
    return "\n\n".join(
        [
            f"## Version {proposed.version} of {model} awaits a person",
            f"{proposed.summary}.",
            f"To become champion, {people} to approve it.{until}",
            "\n".join(ways),
            f"The report: `{proposed.where.files}/verdict.html`",
        ]
    )


def _form(model: str, version: int) -> str | None:
    """Return the address of the deployment's form, filled in but for the decision and the name; None: not deployed."""
    address = PREFECT_UI_URL.value()
    if not address:
        return None
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound:
            return None
    # Encoded twice: the page decodes its address, and then once more what it finds in it.
    known = quote(quote(json.dumps({"model": model, "version": version}), safe=""), safe="")
    return f"{address}/deployments/deployment/{deployment.id}/run?parameters={known}"
