"""ingest → validate → split → train → judge → register → propose."""

import asyncio
from datetime import datetime
from typing import cast

from prefect import flow
from prefect.client.schemas.objects import State

from tasks import steps
from tasks.release.proposing import Trained
from tasks.release.run import Reason, open_training


# Async, though nothing in it waits: a sync flow sleeps up to a second at its end, joining its heartbeat's thread.
@flow(name="training", flow_run_name="train-{model}-{reason}")
async def training_flow(model: str, reason: Reason = "manual", as_of: datetime | None = None) -> State[Trained]:
    """Train a challenger for ``model`` on what was known by ``as_of`` (default: now); propose it if it passes.

    The run ends Completed either way, and is named Refused when the challenger may not be promoted: that is a
    result. It fails only when something broke.
    """
    with open_training(model, reason, as_of) as run:
        rows = steps.validate(run, steps.ingest(run))
        parts = steps.split(run, rows)
        challenger = steps.train(run, parts)
        judged = steps.judge(run, parts, challenger)
        trained = steps.register(run, parts, challenger, judged)
        return steps.result(steps.propose(run, trained))


def run_training(model: str, reason: Reason, as_of: datetime | None = None) -> Trained:
    """Run the flow in this process and return what came of it; Prefect unwraps the state that a flow returns."""
    return cast("Trained", asyncio.run(training_flow(model, reason, as_of)))
