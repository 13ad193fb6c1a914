"""``perennial up | down | status``."""

import click

from deployments.command import command, json_option, tell
from deployments.stack.ports import MLFLOW_PORT, PREFECT_PORT


@command
@click.option("--prefect-port", type=click.IntRange(1, 65535), default=PREFECT_PORT, show_default=True)
@click.option("--mlflow-port", type=click.IntRange(1, 65535), default=MLFLOW_PORT, show_default=True)
@click.option("--auth", is_flag=True, help="Both servers ask for a password; it is in secrets.json of the home folder.")
def up(prefect_port: int, mlflow_port: int, auth: bool) -> None:
    """Run everything on this machine: Prefect, MLflow, the deployments of all specs, and a worker for their runs.

    On loopback. A part that dies is started again. Other commands of the same home report to this Prefect by
    themselves. ctrl-C, or `perennial down`, stops all of it.

    \b
    Example:
      perennial up
    """
    from deployments.stack.parts import Ports
    from deployments.stack.up import up as run
    from tasks.settings import load_settings

    run(load_settings(), Ports(prefect_port, mlflow_port), click.echo, auth=auth)


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
