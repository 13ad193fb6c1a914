"""How a model stands: its champion, what was found last, what waits for a person, what runs and what will."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deployments.stack.scheduled import Due
from tasks.data import store
from tasks.errors import SpecError
from tasks.monitoring.check import kept_checks
from tasks.release.ledger.amending import pending
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.leases import at_work
from tasks.release.ledger.standing import Pending, Request, standing
from tasks.release.ledger.version_records import Judged
from tasks.settings import Settings
from tasks.spec import load_spec


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


def status_of(settings: Settings, name: str, due: Sequence[Due]) -> ModelStatus:
    """Return how the model ``name`` stands; of the runs that are ``due``, its own are among it."""
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
