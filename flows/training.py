"""ingest → validate → split → train → judge → register → propose."""

import asyncio
from datetime import datetime
from typing import cast

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.release.proposing import Trained
from tasks.release.requests import Idle
from tasks.release.run import Reason, open_training
from tasks.steps import training as steps


# Async, though nothing in it waits: a sync flow sleeps up to a second at its end, joining its heartbeat's thread.
@flow(name="training", flow_run_name="train-{model}-{reason}")
async def training_flow(
    model: str, reason: Reason = "manual", as_of: datetime | None = None, request: int | None = None
) -> State[Trained | Idle]:
    """Train a challenger for ``model`` on what was known by ``as_of`` (default: now); propose it if it passes.

    The run ends Completed either way, and is named Refused when the challenger may not be promoted: that is a
    result. It fails only when something broke.

    Args:
        model: The model's name.
        reason: Why it is trained; that of the request, where there is one.
        as_of: What may be known. Default: what the request's check knew; now, without a request; for a run that
            is begun again after a crash, the moment that it was first begun.
        request: The number of a request in the ledger. If it has its answer already, or the model is being trained,
            nothing is trained, and the run is named AlreadyAnswered or Underway.
    """
    with open_training(model, reason, as_of, request, now=steps.begun()) as run:
        if isinstance(run, Idle):
            return steps.result(run)
        rows = steps.validate(run, steps.ingest(run))
        parts = steps.split(run, rows)
        challenger = steps.train(run, parts)
        judged = steps.judge(run, parts, challenger)
        trained = steps.register(run, parts, challenger, judged)
        return steps.result(steps.propose(run, trained))


def run_training(model: str, reason: Reason, as_of: datetime | None = None) -> Trained:
    """Run the flow in this process and return what came of it; Prefect unwraps the state that a flow returns."""
    return cast("Trained", asyncio.run(training_flow(model, reason, as_of)))


def run_requested(model: str, request: int, as_of: datetime | None = None) -> Trained | Idle:
    """Run the flow in this process for a request, and return what came of it, or why nothing was trained."""
    return cast("Trained | Idle", asyncio.run(training_flow(model, "manual", as_of, request)))
