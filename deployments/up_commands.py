"""``perennial up | down | status``."""

from contextlib import suppress
from typing import Any

import click

from deployments.command import command, json_option, tell
from deployments.stack.ports import HOST, MLFLOW_PORT, PREFECT_PORT


@command
@click.option("--prefect-port", type=click.IntRange(1, 65535), default=PREFECT_PORT, show_default=True)
@click.option("--mlflow-port", type=click.IntRange(1, 65535), default=MLFLOW_PORT, show_default=True)
@click.option("--auth", is_flag=True, help="Both servers ask for a password; it is in secrets.json of the home folder.")
@click.option(
    "--host", default=HOST, show_default=True, help="Address to listen on; another than loopback asks for --auth."
)
@click.option(
    "--prefect-url", "prefect_proxy", metavar="URL", help="What people type for Prefect where a proxy stands before it."
)
@click.option(
    "--mlflow-url", "mlflow_proxy", metavar="URL", help="What people type for MLflow where a proxy stands before it."
)
def up(auth: bool, **where: Any) -> None:  # noqa: ANN401 - click's own
    """Run everything on this machine: Prefect, MLflow, the deployments of all specs, and a worker for their runs.

    On loopback, unless --host says otherwise. A part that dies is started again. Other commands of the same home report
    to this Prefect by themselves. ctrl-C, or `perennial down`, stops all of it.

    \b
    Example:
      perennial up
      perennial up --auth --prefect-url https://prefect.example.com --mlflow-url https://mlflow.example.com
    """
    from deployments.stack.addresses import Addresses
    from deployments.stack.up import up as run
    from tasks.settings import load_settings

    def say(line: str) -> None:
        with suppress(OSError):  # what it says may go to a file, on a disk that is full
            click.echo(line)

    run(load_settings(), Addresses(**where), say, auth=auth)


@command
def down() -> None:
    """Stop what `perennial up` runs for this home, and wait until it has ended.

    \b
    Example:
      perennial down
    """
    from deployments.stack.up import down as stop
    from tasks.settings import load_settings

    stop(load_settings(), click.echo)


@command
@json_option
def status(as_json: bool) -> None:
    """Show how every model stands, what waits for a person, what runs next, and whether the stack is well.

    \b
    Example:
      perennial status
    """
    from deployments import status_answers

    tell(status_answers.status(), as_json)
