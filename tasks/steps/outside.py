"""What is tried again: a server of somebody else's that does not answer just now."""

from typing import Any

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun

from tasks.errors import SourceUnavailable, StoreUnavailable


def is_to_blame(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001 - Prefect's signature
    """Say whether a step failed because of a server that may answer the next time."""
    return isinstance(getattr(state.data, "result", state.data), SourceUnavailable | StoreUnavailable)


AGAIN: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": [2.0, 10.0, 30.0],
    "retry_condition_fn": is_to_blame,
}
"""How a step is tried again that asks a source or the store; it may have done some of its work before."""
