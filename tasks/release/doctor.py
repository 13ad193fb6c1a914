"""Look for what is wrong between ledger, registry and files, and mend what can be mended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from tasks.errors import ArtifactDamaged, PerennialError
from tasks.release import decisions
from tasks.release.artifact import check_artifact
from tasks.release.evidence import collect
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import Purpose, holding
from tasks.release.ledger.records import Expired
from tasks.release.ledger.standing import Pending, Standing, standing
from tasks.release.registrar import Registrar
from tasks.release.retention import find_waste
from tasks.settings import Settings
from tasks.spec import names

State = Literal["well", "mended", "ill"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    state: State
    what: str


def examine_ledger(settings: Settings) -> Iterator[Finding]:
    """Look for entries that were changed since they were written."""
    ledger = Ledger(settings.ledger)
    if tampered := ledger.verify():
        yield Finding("ill", f"ledger: entry {tampered.number} {tampered.finding}; restore it from a copy")
    else:
        yield Finding("well", f"ledger: {len(ledger.entries()):,} entries, none changed since it was written")


def examine_all(settings: Settings) -> Iterator[Finding]:
    """Look at the ledger, and then at each model: its champion's files, MLflow's alias, its proposals, its leases."""
    yield from examine_ledger(settings)
    ledger = Ledger(settings.ledger)
    models = sorted({*names(settings.specs), *(entry.model for entry in ledger.entries())})
    with Registrar(settings) as registrar:
        for model in models:
            now = standing(ledger.entries(model))
            yield from _champion(model, now, registrar)
            yield from _proposals(model, now, ledger)
            yield from _leases(model, ledger)
            yield from _waste(model, settings, ledger)


def _champion(model: str, now: Standing, registrar: Registrar) -> Iterator[Finding]:
    champion = now.champion
    if champion is None:
        return
    try:
        check_artifact(Path(champion.artifact_uri), champion.artifact)
    except ArtifactDamaged as error:
        yield Finding("ill", f"{model}: the champion, version {champion.version}: {error}")
    else:
        yield Finding("well", f"{model}: version {champion.version} is champion, and its files are what was promoted")
    try:
        moved = registrar.follow(model)
    except PerennialError as error:
        yield Finding("ill", f"{model}: MLflow's alias cannot be looked at: {error}")
    else:
        what = f"pointed at {moved.was or 'no version'}, and now at {moved.now}" if moved.was != moved.now else "agrees"
        yield Finding("well" if moved.was == moved.now else "mended", f"{model}: MLflow's alias {what}")


def _proposals(model: str, now: Standing, ledger: Ledger) -> Iterator[Finding]:
    for pending in now.pending:
        why = _void(now, pending)
        if why is None:
            yield Finding("well", f"{model}: version {pending.version} awaits a person, and its evidence is there")
            continue
        with ledger.deciding() as page:
            if standing(page.entries(model)).proposal_of(pending.version):
                page.append(model, Expired(pending.version, pending.entry.number, why), at=datetime.now(UTC))
        yield Finding("mended", f"{model}: the proposal of version {pending.version} is void: {why}")


def _void(now: Standing, pending: Pending) -> str | None:
    was = pending.proposed.evidence
    found = collect(pending.proposed.where, snapshot=was.snapshot, artifact=was.artifact)
    return decisions.changed(pending, found) or decisions.stale(now, pending, datetime.now(UTC))


def _leases(model: str, ledger: Ledger) -> Iterator[Finding]:
    for purpose in get_args(Purpose):
        with ledger.deciding() as page:
            found = holding(page, model, purpose)
        if found and not found.free:
            yield Finding("well", f"{model}: a {purpose} is going on, by {found.holder}")


def _waste(model: str, settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    waste = find_waste(settings, ledger, model)
    if runs := [one for one in waste if one.path.is_dir()]:
        died = f"{len(runs)} runs died before their verdict" if len(runs) > 1 else "a run died before its verdict"
        freed = sum(one.bytes for one in waste) / 1e6
        yield Finding("well", f"{model}: {died}; `perennial prune {model} --delete` would free {freed:,.1f} MB")
