"""What is tried again: a server of somebody else's that does not answer just now."""

from typing import Any

from prefect import Task
from prefect.client.schemas.objects import State, TaskRun

from tasks.errors import SourceUnavailable

SECONDS = [2.0, 10.0, 30.0]
"""Before each further try."""


def is_to_blame(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001 - Prefect's signature
    """Say whether a step failed because of a server that may answer the next time."""
    return isinstance(getattr(state.data, "result", state.data), SourceUnavailable)
