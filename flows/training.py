"""ingest → validate → split → train → judge → register."""

import asyncio
from datetime import datetime
from typing import cast

from prefect import flow
from prefect.client.schemas.objects import State

from tasks import steps
from tasks.release.run import Reason, open_training


# Async, though nothing in it waits: a sync flow sleeps up to a second at its end, joining its heartbeat's thread.
@flow(name="training", flow_run_name="train-{model}-{reason}")
async def training_flow(model: str, reason: Reason = "manual", as_of: datetime | None = None) -> State[steps.Trained]:
    """Train a challenger for ``model`` on what was known by ``as_of`` (default: now); register it if it passes.

    The run ends Completed either way, and is named Refused when the challenger may not be promoted: that is a
    result. It fails only when something broke.
    """
    with open_training(model, reason, as_of) as run:
        rows = steps.validate(run, steps.ingest(run))
        parts = steps.split(run, rows)
        challenger = steps.train(run, parts)
        judged = steps.judge(run, parts, challenger)
        return steps.result(steps.register(run, parts, challenger, judged))


def run_training(model: str, reason: Reason, as_of: datetime | None = None) -> steps.Trained:
    """Run the flow in this process and return what came of it; Prefect unwraps the state that a flow returns."""
    return cast("steps.Trained", asyncio.run(training_flow(model, reason, as_of)))
