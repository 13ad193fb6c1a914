"""What a person says of the table, beside where it is."""

import re
from dataclasses import dataclass

from tasks.drafting import names
from tasks.errors import SettingsError
from tasks.metrics import Task

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Wishes:
    """What is to be drafted. None: the data are to say it."""

    uri: str
    target: str
    model: str
    table: str | None = None
    query: str | None = None
    time: str | None = None
    key: tuple[str, ...] = ()
    task: Task | None = None
    owner: str = "me"


def model_name(given: str | None, uri: str) -> str:
    """Return the model's name, by default that of the file.

    >>> model_name(None, "data/Bike hours.csv.gz")
    'bike_hours'
    """
    stem = re.split(r"[/\\]", re.sub(r"[?#].*$", "", uri).rstrip("/"))[-1].split(".")[0]
    if given is None:
        return names.identifier(stem, set())
    if not _NAME.fullmatch(given):
        raise SettingsError(
            f"--name: found {given!r}; allowed: lower-case letters, digits and _, beginning with a letter, such as "
            f"{names.identifier(given, set())}"
        )
    return given
