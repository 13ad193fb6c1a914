"""``perennial deploy``."""

from pathlib import Path

import click

from deployments.command import command, json_option, tell
from tasks.errors import SettingsError


@command
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--yaml",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a prefect.yaml instead, for `prefect deploy --all`; no server is asked.",
)
@json_option
def deploy(dry_run: bool, file: Path | None, as_json: bool) -> None:
    """Bring the deployments, schedules and automations of all specs to the Prefect server.

    Every model has a deployment for training, scoring and drift detection; [schedule] of its spec says when they run by
    themselves. Twice changes nothing. One whose spec is gone is paused, until the spec is there again; what a person
    has paused stays so. Runs wait for a worker: prefect worker start --pool perennial.

    \b
    Example:
      perennial deploy --dry-run
      perennial deploy --yaml prefect.yaml
    """
    from deployments import deploy_answers

    if file and dry_run:
        raise SettingsError("deploy: --yaml asks no server, so there is nothing that --dry-run could compare with")
    tell(deploy_answers.write_yaml(file) if file else deploy_answers.deploy(dry_run=dry_run), as_json)
