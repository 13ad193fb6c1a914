"""decision → recheck → promote | reject."""

from typing import Literal

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.release.office import open_office
from tasks.steps import promotion as steps


# Async, though nothing in it waits: a sync flow sleeps up to a second at its end, joining its heartbeat's thread.
@flow(name="promotion", flow_run_name="{decision}-{model}-{version}")
async def promotion_flow(
    model: str, version: int, decision: Literal["approve", "reject"], approver: str, reason: str = ""
) -> State[steps.Decided]:
    """Approve or reject a version of a model that awaits a person.

    What the verdict rests on is examined again first, and the version has to predict the same in a fresh process. The
    run ends Completed when it was decided so, and is named Refused, with the reason, when it may not be.

    Args:
        model: The model's name.
        version: The version that awaits a person.
        decision: What you decide.
        approver: Your name. It stands in the ledger.
        reason: Why. It stands in the ledger; needed to reject.
    """
    with open_office(model) as office:
        return steps.decided(steps.decide(office, decision, steps.decision(version, approver, reason)))
