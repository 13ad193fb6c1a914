"""The deployments that are wanted as a ``prefect.yaml``, for who goes on with Prefect's own tools."""

from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from deployments.register.wanted import POOL, Deployment, Schedule
from tasks.data.atomic import write_text
from tasks.errors import SettingsError

_FIRST = "# Written by `perennial deploy --yaml` from the specs in deployments/."
_HEAD = f"""{_FIRST}
#
#   prefect work-pool create {POOL} --type process    # once
#   prefect --no-prompt deploy --all --prefect-file …
#   prefect worker start --pool {POOL}
#
# Not in it, because `prefect deploy` would make them anew each time and so forget what they have seen: the automations
# that train what was requested and close lost runs. `perennial deploy` keeps those.
"""


def prefect_yaml(deployments: Iterable[Deployment]) -> str:
    """Return the text of a ``prefect.yaml`` that makes ``deployments``."""
    from ruamel.yaml import YAML  # Prefect's own

    text = StringIO()
    yaml = YAML()
    yaml.width = 120
    # No pull step: the code is installed where the worker is.
    yaml.dump({"pull": [], "deployments": [_entry(one) for one in deployments]}, text)
    return _HEAD + text.getvalue()


def write_yaml(file: Path, deployments: Iterable[Deployment]) -> None:
    """Write it to ``file``; a file of that name that a person has written is left alone.

    Raises:
        SettingsError: it is there and not ours, or cannot be written.
    """
    try:
        if file.exists() and not file.read_text(encoding="utf-8").startswith(_FIRST):
            raise SettingsError(
                f"--yaml: {file} is there, and was not written by `perennial deploy`; name another file"
            )
        write_text(file, prefect_yaml(deployments))
    except OSError as error:
        raise SettingsError(f"--yaml: {file} cannot be written: {error.strerror or error}") from None


def _entry(one: Deployment) -> dict[str, Any]:
    return {
        "name": one.name,
        "entrypoint": one.entrypoint,
        "description": one.description,
        "tags": sorted(one.tags),
        "parameters": dict(one.parameters),
        "schedules": [_timed(one.schedule)] if one.schedule else [],
        "work_pool": {"name": one.pool, "job_variables": {"env": dict(one.environment), **one.resources}},
    }


def _timed(schedule: Schedule) -> dict[str, Any]:
    parameters = {"parameters": dict(schedule.parameters)} if schedule.parameters else {}
    return {"slug": schedule.slug, "cron": schedule.cron, "timezone": schedule.timezone, **parameters}
