"""What ``perennial deploy`` answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from deployments.answers import Answer
from tasks.settings import load_settings

if TYPE_CHECKING:
    from deployments.register.deploy import Deployed


def deploy(*, dry_run: bool) -> Answer:
    """Have the server run what the specs say, and return what changed."""
    from deployments.register import deploy as register

    found = register.deploy(load_settings(), dry_run=dry_run)
    facts = {
        "dry_run": found.dry_run,
        "changes": [{"what": change.what, "how": change.how} for change in found.changes],
        "deployments": list(found.deployments),
    }
    return Answer(facts, tuple(_lines(found)))


def write_yaml(file: Path) -> Answer:
    """Write the specs' deployments to a file for Prefect's own tools."""
    from deployments.register import deploy as register
    from deployments.register import prefect_yaml

    wanted = register.deployments_of(load_settings())
    prefect_yaml.write_yaml(file, wanted)
    paths = [one.path for one in wanted]
    return Answer({"file": str(file), "deployments": paths}, (f"{len(paths)} deployments written to {file}",))


def _lines(found: "Deployed") -> Iterator[str]:
    width = max((len(change.what) for change in found.changes), default=0) + 2
    for change in found.changes:
        yield f"{change.what:<{width}}{change.how}"
    if not found.changes:
        yield f"nothing to change: the server has all {len(found.deployments)} deployments as the specs say"
    elif found.dry_run:
        yield "a dry run: nothing was changed"
