"""What ``perennial status`` answers: how every model stands, and whether the stack is well."""

import json
import urllib.error
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deployments.answers import Answer
from deployments.entry_lines import clock, told
from deployments.stack import running
from deployments.stack.running import Running
from deployments.stack.scheduled import Api, Due, next_runs
from deployments.stack.supervisor import is_well
from tasks.data import store
from tasks.errors import SpecError
from tasks.monitoring.check import kept_checks
from tasks.plain import write
from tasks.release.ledger.amending import pending
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.leases import at_work
from tasks.release.ledger.standing import Pending, Request, standing
from tasks.release.ledger.version_records import Judged
from tasks.settings import Settings, load_settings
from tasks.spec import load_spec, names

_SHOWN = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class LastCheck:
    """What the newest check of a model found."""

    as_of: datetime
    sentence: str


@dataclass(frozen=True)
class ModelStatus:
    """How a model stands."""

    model: str
    problem: str = ""
    """What is wrong with its spec; empty: nothing."""
    champion: int | None = None
    since: datetime | None = None
    judged: Entry | None = None
    check: LastCheck | None = None
    pending: tuple[Pending, ...] = ()
    amendments: tuple[Entry, ...] = ()
    """Of its contract, that nobody has decided on."""
    request: Request | None = None
    working: tuple[str, ...] = ()
    """What is done for it at this moment."""
    due: tuple[Due, ...] = ()


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
    models = [_of_model(settings, name, due or ()) for name in names(settings.specs)]
    parts = list(_parts(up)) if up else []
    facts = {
        "home": str(settings.home),
        "up": up is not None,
        "parts": [write(part) for part in parts],
        "models": [_facts(model) for model in models],
    }
    lines = [line for model in models for line in _model_lines(model, now)]
    return Answer(facts, (*lines, *_stack_lines(settings, up, parts, known=due is not None)))


def _of_model(settings: Settings, name: str, due: Sequence[Due]) -> ModelStatus:
    try:
        load_spec(name, settings.specs)
    except SpecError as error:
        return ModelStatus(name, problem=str(error))
    ledger = Ledger(settings.ledger)
    entries = ledger.entries(name)
    found = standing(entries)
    return ModelStatus(
        model=name,
        champion=found.champion.version if found.champion else None,
        since=found.champion.since if found.champion else None,
        judged=next((entry for entry in reversed(entries) if isinstance(entry.what, Judged)), None),
        check=_last_check(settings.of(name) / "checks"),
        pending=found.pending,
        request=found.request,
        working=tuple(purpose for purpose, holding in at_work(ledger, name).items() if not holding.free),
        amendments=tuple(pending(entries)),
        due=tuple(run for run in due if run.deployment.split("/")[-1] == name),
    )


def _last_check(folder: Path) -> LastCheck | None:
    files = kept_checks(folder)
    if not files:
        return None
    try:
        found = json.loads(store.here(files[-1]).read_text(encoding="utf-8"))
        return LastCheck(datetime.fromisoformat(found["as_of"]), found["diagnosis"]["sentence"])
    except (OSError, ValueError, KeyError):
        return None


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
