"""Automations for a worker that dies: its runs are closed, and trainings among them are begun again.

A run that is alive sends a heartbeat every 30 seconds. What waits is never touched: it sends none, and a run that is
paused, suspended or awaits its retry has said so, by an event that ends the watch until it runs again. What waits for
a person is a row in the ledger, and no run. A run that has ended cannot become Crashed: Prefect's server refuses.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from deployments.register.wanted import TAG

if TYPE_CHECKING:
    from prefect.events.schemas.automations import AutomationCore


@dataclass(frozen=True)
class Silence:
    """After which events a run has to be heard of again, and how soon."""

    name: str
    after: Set[str]
    within: timedelta
    says: str


LOST = Silence(
    "perennial: close runs whose heartbeats stopped",
    # Not the heartbeat alone: a run can be killed before its first one has arrived.
    frozenset({"prefect.flow-run.heartbeat", "prefect.flow-run.Running", "prefect.flow-run.Retrying"}),
    # More than two heartbeats, so that one may be lost; and a training is begun again within two minutes.
    timedelta(seconds=80),
    "No heartbeat for 80 seconds: its worker, or the machine, is gone.",
)
NEVER_BEGAN = Silence(
    "perennial: close runs that never began",
    frozenset(f"prefect.flow-run.{state}" for state in ("Pending", "Submitting", "InfrastructurePending")),
    # Longer than the 15 minutes that Prefect's server may hold back the news that a run has begun: it awaits that of
    # its Scheduled state first, which is never sent of a run that was planned by a schedule (prefect 3.8.8).
    timedelta(minutes=20),
    "Given to a worker 20 minutes ago, and it has not begun: the worker is gone.",
)
RETRY = "perennial: train again after a crash"
ATTEMPTS = ("1", "2")
"""A run that has crashed so many times is begun again; at the third time something is wrong with it, not its worker."""
_OF_OURS = {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"}
_A_RUN = "prefect.flow-run.*"


def close_silent(silence: Silence) -> "AutomationCore":
    """Return the automation that marks runs of our deployments Crashed when nothing more is heard of them."""
    from prefect.automations import EventTrigger, Posture
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import AutomationCore

    trigger = EventTrigger(
        after=set(silence.after),
        expect={"prefect.flow-run.*"},  # any event: our states have names of their own, such as Refused or NothingNew
        match={"prefect.resource.id": _A_RUN},
        match_related=_OF_OURS,
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=silence.within,
    )
    return AutomationCore(
        name=silence.name,
        description="A run of ours that has gone silent is Crashed, so that nothing waits for it.",
        trigger=trigger,
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=silence.says)],
    )


def retry_crashed_trainings() -> "AutomationCore":
    """Return the automation that begins a crashed training again: the same run, with the same parameters.

    Where the first one is alive after all, its lease stands: the second says so, and ends.
    """
    from prefect.automations import EventTrigger, Posture
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import AutomationCore

    trigger = EventTrigger(
        expect={"prefect.flow-run.Crashed"},
        match={"prefect.resource.id": _A_RUN, "prefect.run-count": list(ATTEMPTS)},
        match_related=[_OF_OURS, {"prefect.resource.role": "flow", "prefect.resource.name": "training"}],
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )
    again = ChangeFlowRunState(state=StateType.SCHEDULED, name="AwaitingRetry", message="Begun again after a crash.")
    return AutomationCore(
        name=RETRY,
        description="A training that crashed is begun again, twice at most; see tasks/release/ledger/leases.py.",
        trigger=trigger,
        actions=[again],
    )
