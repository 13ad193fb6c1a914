"""What ``perennial status`` answers: how every model stands, and whether the stack is well."""

import urllib.error
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from deployments.answers import Answer
from deployments.entry_lines import clock, told
from deployments.model_status import ModelStatus, status_of
from deployments.stack import running
from deployments.stack.running import Running
from deployments.stack.scheduled import Api, Due, next_runs
from deployments.stack.supervisor import is_well
from tasks.plain import write
from tasks.release.ledger.standing import Request
from tasks.settings import Settings, load_settings
from tasks.spec import names

_SHOWN = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class PartStatus:
    """One part of the stack."""

    name: str
    well: bool
    where: str


def status() -> Answer:
    """Return how every model stands, what runs next, and which parts of the stack are alive."""
    settings, now = load_settings(), datetime.now(UTC)
    up = running.current(settings.home)
    due = _due(settings)
    models = [status_of(settings, name, due or ()) for name in names(settings.specs)]
    parts = list(_parts(up)) if up else []
    facts = {
        "home": str(settings.home),
        "up": up is not None,
        "parts": [write(part) for part in parts],
        "models": [_facts(model) for model in models],
    }
    lines = [line for model in models for line in _model_lines(model, now)]
    return Answer(facts, (*lines, *_stack_lines(settings, up, parts, known=due is not None)))


def _due(settings: Settings) -> tuple[Due, ...] | None:
    """Return what is scheduled, soonest first; None: there is no server to ask, or it does not answer."""
    if settings.prefect_api_url is None:
        return None
    try:
        return next_runs(Api(settings.prefect_api_url, settings.prefect_login))
    except (urllib.error.URLError, OSError, ValueError):
        return None


def _parts(up: Running) -> Iterator[PartStatus]:
    addresses = {"Prefect": up.prefect_api.removesuffix("/api"), "MLflow": up.mlflow}
    health = {"Prefect": f"{up.prefect_api}/health", "MLflow": f"{up.mlflow}/health"}
    for part in up.parts:
        well = part.alive is not None and (part.name not in health or is_well(health[part.name]))
        yield PartStatus(part.name, well, addresses.get(part.name, f"process {part.pid}"))


def _model_lines(found: ModelStatus, now: datetime) -> Iterator[str]:
    yield found.model
    if found.problem:
        yield f"  spec       {found.problem}"
        return
    yield f"  champion   {_champion(found, now)}"
    if found.judged:
        yield f"  verdict    {clock(found.judged.at)}  {told(found.judged)}"
    if found.check:
        yield f"  check      as of {clock(found.check.as_of)}: {found.check.sentence}"
    for one in found.pending:
        until = f" until {clock(one.proposed.expires)}" if one.proposed.expires else ""
        yield f"  waiting    version {one.version}{until}: perennial approve {found.model} {one.version}"
    for entry in found.amendments:
        number = entry.number
        yield f"  waiting    amendment {number} {told(entry)}: perennial contract accept {found.model} {number}"
    if found.request:
        yield f"  request    {_request(found, found.request)}"
    if found.working:
        yield f"  at work    {', '.join(found.working)}"
    for run in found.due[:_SHOWN]:
        yield f"  next       {clock(run.at)}  {run.deployment.split('/')[0]}"
    yield ""


def _champion(found: ModelStatus, now: datetime) -> str:
    if found.champion is None or found.since is None:
        return f"none yet; perennial train {found.model}"
    days = (now - found.since) // _DAY
    return f"version {found.champion}, since {clock(found.since)} ({days} day{'' if days == 1 else 's'})"


def _request(found: ModelStatus, request: Request) -> str:
    taken = "being trained" if request.claims and "training" in found.working else "nobody trains it yet"
    hint = "" if taken == "being trained" else f": perennial train {found.model} --request {request.number}"
    return f"entry {request.number}, for {request.requested.reason}, since {clock(request.entry.at)}; {taken}{hint}"


def _stack_lines(settings: Settings, up: Running | None, parts: Sequence[PartStatus], *, known: bool) -> Iterator[str]:
    if up is None:
        named = f"; PREFECT_API_URL names {settings.prefect_api_url}" if settings.prefect_api_url else ""
        yield f"stack        not up for {settings.home}{named}: perennial up"
    for part in parts:
        yield f"{part.name:<12} {'well' if part.well else 'NOT WELL'}  {part.where}"
    if settings.prefect_api_url and not known:
        yield f"what is scheduled is not known: {settings.prefect_api_url} does not answer"


def _facts(found: ModelStatus) -> Mapping[str, Any]:
    return {
        "model": found.model,
        "problem": found.problem or None,
        "champion": found.champion,
        "since": found.since,
        "verdict": told(found.judged) if found.judged else None,
        "check": write(found.check) if found.check else None,
        "waiting": [one.version for one in found.pending],
        "amendments": [entry.number for entry in found.amendments],
        "request": found.request.number if found.request else None,
        "working": list(found.working),
        "next": [write(run) for run in found.due],
    }
