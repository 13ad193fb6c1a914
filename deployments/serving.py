"""Serve the deployments of one machine: ``promotion``, run by an approver, and ``training``, run by a request."""

from typing import TYPE_CHECKING, cast

from tasks.settings import load_settings, prepare_environment

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.deployments.runner import RunnerDeployment

PROMOTION = """Approve or reject a version that awaits a person.

Choose *Custom run*, say which model and version, what you decide, and who you are."""
TRAINING = """Train a model, and propose what comes of it if it passes.

An automation runs it for each request that stands in the ledger. By hand: *Custom run*, and say which model."""


def main() -> None:
    """Serve until SIGTERM; runs are processes of their own.

    No limit of Prefect's keeps trainings of one model apart: their lease does. A slot of a run that was killed with the
    server stays taken, and runs that find none are cancelled; a lease is free again, and who finds it taken says so.
    """
    prepare_environment(load_settings())
    from prefect import serve

    from deployments import automation
    from flows.promotion import promotion_flow
    from flows.training import training_flow

    made = (
        promotion_flow.to_deployment("promotion", description=PROMOTION, tags=["perennial"]),
        training_flow.to_deployment("training", description=TRAINING, tags=["perennial"]),
    )
    promotion, training = cast(
        "tuple[RunnerDeployment, RunnerDeployment]", made
    )  # no coroutines: nothing is async here
    automation.upsert(cast("UUID", training.apply()))
    serve(promotion, training, pause_on_shutdown=False)


if __name__ == "__main__":
    main()
