"""Tell what has become of a model, and that it is to be trained again, by events of Prefect.

What is told of stands in the ledger or in a kept check. What is lost here is lost news, and nothing else.
"""

import json
from urllib.parse import quote

from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_UI_URL

from tasks.markdown import escape
from tasks.news import decisions
from tasks.news.news import News
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.version_records import Judged, Proposed, RolledBack
from tasks.release.ledger.work_records import Requested
from tasks.spec import ModelSpec

KEY = "perennial.news"
"""Label of an event: by it, automations tell the same news from other news of a model."""
BLOCK = "perennial.block"
"""Label of an event: the notification block that is to tell people of it, if there is one."""
DEPLOYMENT = "promotion/promotion"
REQUESTED = "perennial.retrain.requested"
TRAINING = "training/training"
AUTOMATION = "perennial: train what was requested"


def show(spec: ModelSpec, proposed: Proposed) -> None:
    """Show what awaits a person as a page of the Prefect UI, with a link to the form."""
    create_markdown_artifact(
        proposal_page(spec.model, proposed),
        key=artifact_key(spec.model, "proposal"),
        description=f"version {proposed.version}",
    )


def tell_of(spec: ModelSpec, entry: Entry) -> None:
    """Send the news that an entry of the ledger is, if it is any; sent again, it is told once, by its key."""
    model = spec.model
    match what := entry.what:
        case Proposed(version=version, summary=summary) if what.approvals:
            tell(spec, decisions.pending(entry, _form(model, version)), version=version, summary=summary)
        case Judged(promotable=False, summary=summary):
            tell(spec, decisions.refused(entry), summary=summary)
        case RolledBack(version=version, reason=reason):
            tell(spec, decisions.rolled_back(entry), version=version, reason=reason)


def tell(spec: ModelSpec, news: News, **facts: object) -> None:
    """Send the event of ``news``, with the words for people and, for programs, ``facts`` as they are.

    It goes to the block that the spec has for so urgent a thing; where it has none, it is heard by who listens for it.
    """
    block: str | None = getattr(spec.notify, news.severity)
    labels = {KEY: news.key, **({BLOCK: block} if block else {})}
    words = {"subject": news.subject, "body": news.body, "severity": news.severity}
    emit_event(
        news.event, resource={**_resource(spec.model), **labels}, payload={"model": spec.model, **facts, **words}
    )


def announce_request(model: str, entry: Entry) -> bool:
    """Send the event by which the automation starts a training for a request; return whether there is one to hear it.

    Where the automation was deleted, the training's deployment is run directly. One that is switched off hears
    nothing, and is left so: a person has stopped retraining, and the request waits.
    """
    asked = entry.what
    assert isinstance(asked, Requested)
    known = {"model": model, "reason": asked.reason, "request": entry.number}
    emit_event(REQUESTED, resource=_resource(model), payload={**known, "as_of": asked.as_of.isoformat()})
    with get_client(sync_client=True) as client:
        if found := client.read_automations_by_name(AUTOMATION):
            return any(automation.enabled for automation in found)
        try:
            deployment = client.read_deployment_by_name(TRAINING)
        except ObjectNotFound:
            return False
        client.create_flow_run_from_deployment(deployment.id, parameters=known)
    return True


def artifact_key(model: str, what: str) -> str:
    """Return the name under which Prefect keeps the artifacts of one kind of a model."""
    return f"{model.replace('_', '-')}-{what}"


def _resource(model: str) -> dict[str, str]:
    return {"prefect.resource.id": f"perennial.model.{model}", "prefect.resource.name": model}


def proposal_page(model: str, proposed: Proposed) -> str:
    """Return what people read of a version that awaits them."""
    until = f" It is void after {proposed.expires:%Y-%m-%d %H:%M} UTC." if proposed.expires else ""
    people = "one person has" if proposed.approvals == 1 else f"{proposed.approvals} different people have"
    form = _form(model, proposed.version)
    ways = [f"- [open the form]({form}), choose, and run it"] if form else []
    which = f"{model} {proposed.version}"
    ways.append(f"- or: `perennial approve {which}`, `perennial reject {which} --reason …`")
    return "\n\n".join(
        [
            f"## Version {proposed.version} of {model} awaits a person",
            f"{escape(proposed.summary)}.",
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
