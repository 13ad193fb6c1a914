"""Serve the ``promotion`` deployment: what an approver runs from the Prefect UI's form."""

from typing import TYPE_CHECKING, cast

from tasks.settings import load_settings, prepare_environment

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

DESCRIPTION = """Approve or reject a version that awaits a person.

Choose *Custom run*, say which model and version, what you decide, and who you are."""


def main() -> None:
    """Serve until SIGTERM; runs are processes of their own."""
    prepare_environment(load_settings())
    from prefect import serve

    from flows.promotion import promotion_flow

    made = promotion_flow.to_deployment("promotion", description=DESCRIPTION, tags=["perennial"])
    serve(cast("RunnerDeployment", made), pause_on_shutdown=False)  # not a coroutine: nothing is async here


if __name__ == "__main__":
    main()
