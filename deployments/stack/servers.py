"""Servers for the length of a ``with`` block: the parts of the stack one by one, and nobody to start them again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from deployments.stack import parts
from deployments.stack.addresses import Addresses
from deployments.stack.parts import Part
from deployments.stack.ports import free_port
from deployments.stack.supervisor import Supervisor
from tasks.environment import child_environment
from tasks.errors import ServerError
from tasks.settings import Settings


@contextmanager
def prefect_server(settings: Settings, port: int | None = None) -> Iterator[str]:
    """Run a Prefect server, and give the URL of its API.

    Raises:
        ServerError: it did not answer in time; the message has the end of its log.
    """
    where = Addresses(prefect_port=port or free_port())
    with _running(settings, parts.prefect_server(settings, where)):
        yield where.api


@contextmanager
def deployments_served(settings: Settings, api: str) -> Iterator[None]:
    """Have the server at ``api`` run what the specs say, by a worker of its own."""
    deploy(settings, api)
    with _running(settings, parts.worker(settings, api)):
        yield


def deploy(settings: Settings, api: str) -> None:
    """Deploy to the server at ``api`` as a user would: what that says is said.

    Raises:
        ServerError: it could not be done; the reason has been said.
    """
    command = [sys.executable, "-m", "deployments.cli", "deploy"]
    environment = child_environment(settings, PREFECT_API_URL=api)
    if subprocess.run(command, env=environment, check=False).returncode:  # noqa: S603 - the command is ours
        raise ServerError("the specs could not be deployed; the reason stands above")


@contextmanager
def _running(settings: Settings, part: Part) -> Iterator[None]:
    supervisor = Supervisor(settings)
    try:
        supervisor.start(part)
        yield
    finally:
        supervisor.stop()
