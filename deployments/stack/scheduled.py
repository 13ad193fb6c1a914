"""What Prefect will run next; and proof that it will: its scheduler has made runs of what is scheduled."""

import json
import threading
import time
import urllib.request
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PROOF_SECONDS = 75
"""Prefect's scheduler looks at new deployments every few seconds, and at all of them every minute."""
_PAGE, _PAGES = 200, 50


@dataclass(frozen=True)
class Api:
    """A Prefect server."""

    url: str
    login: str | None = field(default=None, repr=False)
    """``user:password``, if it asks for one."""
    patience: float = 10
    """Seconds that it may take for an answer."""

    def ask(self, what: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the answer to a POST."""
        headers = {"Content-Type": "application/json"}
        if self.login:
            headers["Authorization"] = f"Basic {b64encode(self.login.encode()).decode()}"
        request = urllib.request.Request(f"{self.url}/{what}", json.dumps(body).encode(), headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=self.patience) as answer:  # noqa: S310 - the API's own address
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def all(self, what: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Return all pages of an answer, up to thousands of rows: a hundred models have three hundred deployments."""
        found: list[dict[str, Any]] = []
        for page in range(_PAGES):
            answer = self.ask(what, {**body, "limit": _PAGE, "offset": page * _PAGE})
            found += answer
            if len(answer) < _PAGE:
                break
        return found


@dataclass(frozen=True)
class Due:
    """The next run of a deployment."""

    deployment: str
    """``training/flight_delay``, as Prefect writes it."""
    at: datetime


def prove(api: Api, ended: threading.Event) -> tuple[Due, ...] | None:
    """Return what is scheduled, once there are runs of it or ``ended`` is set; None: nothing has a schedule.

    Nothing in it: the scheduler made no run in time. It does so in silence when a library is of the wrong version.
    """
    deadline = time.monotonic() + PROOF_SECONDS
    due: tuple[Due, ...] = ()
    while not due and time.monotonic() < deadline and not ended.wait(0.5):
        with suppress(OSError):  # a busy server may leave a question unanswered
            if not any(_has_schedule(found) for found in _deployments(api)):
                return None
            due = next_runs(api)
    return due


def next_runs(api: Api) -> tuple[Due, ...]:
    """Return the next run of each of our deployments that has one, soonest first."""
    names = {found["id"]: found for found in _deployments(api)}
    if not names:
        return ()
    flows = {found["id"]: found["name"] for found in api.all("flows/filter", {})}
    wanted = {
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}, "tags": {"all_": ["perennial"]}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    first: dict[str, Due] = {}
    for run in api.all("flow_runs/filter", wanted):
        if known := names.get(run["deployment_id"]):
            due = Due(f"{flows[known['flow_id']]}/{known['name']}", datetime.fromisoformat(run["expected_start_time"]))
            first.setdefault(known["id"], due)
    return tuple(first.values())


def _deployments(api: Api) -> list[dict[str, Any]]:
    return api.all("deployments/filter", {"deployments": {"tags": {"all_": ["perennial"]}}})


def _has_schedule(found: dict[str, Any]) -> bool:
    return not found["paused"] and any(one["active"] for one in found["schedules"])
