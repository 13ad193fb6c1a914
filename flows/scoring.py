"""find rows → score → write down → shadow."""

import asyncio
from datetime import datetime
from typing import cast

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.monitoring.predictions.run import Asked, open_scoring
from tasks.monitoring.predictions.scoring import Made, Scoring
from tasks.steps import scoring as steps


# Async, though nothing in it waits: a sync flow sleeps up to a second at its end, joining its heartbeat's thread.
@flow(name="scoring", flow_run_name="score-{model}")
async def scoring_flow(
    model: str, start: datetime | None = None, end: datetime | None = None, as_of: datetime | None = None
) -> State[Scoring]:
    """Have the champion of ``model`` score the rows of a window to the predictions log.

    The same window again changes nothing. The run ends Completed, and is named NothingNew when it changed nothing.

    Args:
        model: The model's name.
        start: Event time of the first row. Default: where the last scoring ended; a day before the end, without one.
        end: Event time before which rows are scored. Default: as_of.
        as_of: What may be known. Default: now.
    """
    with open_scoring(model, Asked(start, end, as_of)) as run:
        rows = steps.find_eligible(run)
        made = Made(steps.serve(run, rows), steps.write_down(run, rows), steps.shadow(run, rows))
        return steps.result(run, rows, made)


def run_scoring(model: str, asked: Asked) -> Scoring:
    """Run the flow in this process and return what came of it; Prefect unwraps the state that a flow returns."""
    return cast("Scoring", asyncio.run(scoring_flow(model, asked.start, asked.end, asked.as_of)))
