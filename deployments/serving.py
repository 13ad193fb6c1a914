"""Serve the deployments of one machine: training, scoring, drift detection, and promotion, run by an approver."""

import signal
import time
from typing import TYPE_CHECKING, cast

from tasks.settings import load_settings, prepare_environment

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.deployments.runner import RunnerDeployment

PROMOTION = """Approve or reject a version that awaits a person.

Choose *Custom run*, say which model and version, what you decide, and who you are."""
TRAINING = """Train a model, and propose what comes of it if it passes.

An automation runs it for each request that stands in the ledger. By hand: *Custom run*, and say which model."""
SCORING = (
    """Have a model's champion score the rows of a window to its predictions log. *Custom run*: say which model."""
)
DETECTION = """Compare what a model's champion sees now with what it learned from, and say what to do.

*Custom run*: say which model."""
AGAIN_SECONDS = 3


def main() -> None:
    """Serve until SIGTERM; runs are processes of their own.

    No limit of Prefect's keeps trainings of one model apart: their lease does. A slot of a run that was killed with the
    server stays taken, and runs that find none are cancelled; a lease is free again, and who finds it taken says so.

    Prefect gives up when the server does not answer three times in a row; this begins again when it does.
    """
    prepare_environment(load_settings())
    while not _served():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Prefect's handler would stop a runner, and there is none now
        print(f"Prefect's server does not answer; asking again in {AGAIN_SECONDS} s", flush=True)
        time.sleep(AGAIN_SECONDS)


def _served() -> bool:
    """Serve until SIGTERM; return False when the server does not answer."""
    from prefect import serve

    from deployments import automation
    from flows.drift_detection import drift_detection_flow
    from flows.promotion import promotion_flow
    from flows.scoring import scoring_flow
    from flows.training import training_flow

    flows = (
        (training_flow, "training", TRAINING),
        (scoring_flow, "scoring", SCORING),
        (drift_detection_flow, "drift-detection", DETECTION),
        (promotion_flow, "promotion", PROMOTION),  # the last one: see deployments.stack
    )
    made = [flow.to_deployment(name, description=said, tags=["perennial"]) for flow, name, said in flows]
    deployments = cast("list[RunnerDeployment]", made)  # no coroutines: nothing is async here
    try:
        automation.upsert(cast("UUID", deployments[0].apply()))
        serve(*deployments, pause_on_shutdown=False)
    except Exception as error:
        if not _does_not_answer(error):
            raise
        return False
    return True


def _does_not_answer(error: Exception) -> bool:
    import httpx

    if isinstance(error, ExceptionGroup):
        return all(_does_not_answer(part) for part in error.exceptions)
    return isinstance(error, httpx.TransportError) or str(error) == "Service exceeded error threshold."


if __name__ == "__main__":
    main()
