"""look → measure → diagnose → keep → request → draw."""

import asyncio
from datetime import datetime
from typing import cast

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.monitoring.check import Check
from tasks.monitoring.watching import open_watch
from tasks.steps import watching as steps


# Async, though nothing in it waits: a sync flow sleeps up to a second at its end, joining its heartbeat's thread.
@flow(name="drift-detection", flow_run_name="watch-{model}")
async def drift_detection_flow(model: str, as_of: datetime | None = None) -> State[Check]:
    """Compare what the champion of ``model`` sees now with what it learned from, and ask for a training if it helps.

    The run ends Completed, and its name says what is to be done: Quiet, Watch, Wait, FixTheData or Retrain.

    Args:
        model: The model's name.
        as_of: The end of the window that is looked at, and what may be known. Default: now.
    """
    with open_watch(model, as_of) as watch:
        seen = steps.look(watch)
        check = steps.diagnose(watch, seen, steps.measure(watch, seen))
        kept = steps.keep(watch, check)
        steps.request(watch, check, kept)
        steps.draw(watch, seen, check, kept)
        return steps.result(check)


def run_check(model: str, as_of: datetime | None = None) -> Check:
    """Run the flow in this process and return what came of it; Prefect unwraps the state that a flow returns."""
    return cast("Check", asyncio.run(drift_detection_flow(model, as_of)))
