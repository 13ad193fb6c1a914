"""Look for what is wrong between ledger, registry and files, and mend what can be mended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from tasks.data import store_mending
from tasks.errors import ArtifactDamaged, PerennialError
from tasks.release import decisions, requests
from tasks.release.artifact import check_artifact
from tasks.release.evidence import REPORT, SPEC, VERDICT, check_rows, collect
from tasks.release.in_use import in_use
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.leases import PURPOSES, at_work, give_back
from tasks.release.ledger.standing import Pending, Standing, standing
from tasks.release.ledger.version_records import Expired, Places
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


def examine_ledger(settings: Settings) -> Finding:
    """Look for entries that were changed since they were written."""
    ledger = Ledger(settings.ledger)
    if tampered := ledger.verify():
        return Finding("ill", f"ledger: entry {tampered.number} {tampered.finding}; restore it from a copy")
    return Finding("well", f"ledger: {len(ledger.entries()):,} entries, none changed since it was written")


def examine_models(settings: Settings) -> Iterator[Finding]:
    """Look at each model: its champion's files, MLflow's alias, its proposals, its open request, its leases."""
    ledger = Ledger(settings.ledger)
    with Registrar(settings) as registrar:
        for model in models_of(settings, ledger):
            entries = ledger.entries(model)
            now = standing(entries)
            yield from _champion(model, now, registrar)
            yield from _rows(model, now, entries)
            yield from _proposals(model, now, ledger)
            yield from _request(model, ledger)
            yield from _leases(model, ledger)
            yield from _waste(model, settings, ledger)


def models_of(settings: Settings, ledger: Ledger) -> list[str]:
    """Return every model that has a spec or an entry."""
    return sorted({*names(settings.specs), *(entry.model for entry in ledger.entries())})


def _champion(model: str, now: Standing, registrar: Registrar) -> Iterator[Finding]:
    champion = now.champion
    if champion is None:
        return
    try:
        check_artifact(champion.artifact_uri, champion.artifact)
    except ArtifactDamaged as error:
        yield Finding("ill", f"{model}: the champion, version {champion.version}: {error}")
    else:
        yield Finding("well", f"{model}: version {champion.version} is champion, and its files are what was promoted")
        yield from mended_in_store(model, "the champion", store_mending.mend(champion.artifact_uri))
    try:
        moved = registrar.follow(model)
    except PerennialError as error:
        yield Finding("ill", f"{model}: MLflow's alias cannot be looked at: {error}")
    else:
        what = f"pointed at {moved.was or 'no version'}, and now at {moved.now}" if moved.was != moved.now else "agrees"
        yield Finding("well" if moved.was == moved.now else "mended", f"{model}: MLflow's alias {what}")


def _rows(model: str, now: Standing, entries: list[Entry]) -> Iterator[Finding]:
    """Look at the rows that made the champion: what it has seen is read from them, and what is usual."""
    if now.champion is None:
        return
    try:
        champion = in_use(entries, model)
        rows = champion.lineage.rows
        check_rows(rows)
    except PerennialError as error:
        yield Finding("ill", f"{model}: what the champion learned from: {error}")
    else:
        yield Finding("well", f"{model}: the {rows.rows:,} rows that it was made of are what was saved")
        yield from mended_in_store(model, "the rows that it was made of", store_mending.mend(rows.uri))
        yield from mended_in_store(model, "the record of its training", store_mending.mend(champion.files, by="name"))


def _mend(where: Places) -> list[str]:
    """Put again what the store lost of unchanged evidence, and return its names."""
    named = [f"{where.files}/{name}" for name in (VERDICT, REPORT, SPEC)]
    names = [name for uri in (where.artifact, where.rows, *named) for name in store_mending.mend(uri)]
    return [*names, *store_mending.mend(where.files, by="name")]


def mended_in_store(model: str, what: str, names: Sequence[str]) -> Iterator[Finding]:
    """Yield that files of these ``names``, good here and not in the store, were put there again."""
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Finding("mended", f"{model}: {what}: gone or damaged in the store, and put there again: {names[0]}{more}")


def _proposals(model: str, now: Standing, ledger: Ledger) -> Iterator[Finding]:
    for pending in now.pending:
        why = _void(now, pending)
        if why is None:
            yield Finding("well", f"{model}: version {pending.version} awaits a person, and its evidence is there")
            yield from mended_in_store(model, "evidence of the proposal", _mend(pending.proposed.where))
            continue
        with ledger.deciding() as page:
            if standing(page.entries(model)).proposal_of(pending.version):
                page.append(model, Expired(pending.version, pending.entry.number, why), at=datetime.now(UTC))
        yield Finding("mended", f"{model}: the proposal of version {pending.version} is void: {why}")


def _void(now: Standing, pending: Pending) -> str | None:
    was = pending.proposed.evidence
    found = collect(pending.proposed.where, snapshot=was.snapshot, artifact=was.artifact)
    return decisions.changed(pending, found) or decisions.stale(now, pending, datetime.now(UTC))


def _request(model: str, ledger: Ledger) -> Iterator[Finding]:
    """Look at the open request; one of which too many trainings have died is answered."""
    found = requests.open_request(ledger, model)
    if found is None:
        return
    what = f"{model}: request {found.number}, for {found.requested.reason} on {found.entry.at:%Y-%m-%d %H:%M} UTC,"
    by_hand = f"the next check sends it again, or perennial train {model} --request {found.number}"
    if training := at_work(ledger, model).get("training"):
        yield Finding("well", f"{what} is open, and a training is going on, by {training.holder}")
    elif requests.heal(ledger, model) is None:
        if len(found.claims) >= requests.ATTEMPTS:  # if not, a training has begun since, or has just answered it
            yield Finding("mended", f"{what} is answered: {len(found.claims)} trainings died of it")
    elif found.claims:
        tried = f"{len(found.claims)} of at most {requests.ATTEMPTS}"
        yield Finding("well", f"{what} is open again: the training that took it on died, {tried}; {by_hand}")
    else:
        yield Finding("well", f"{what} is open, and no training has taken it on yet; {by_hand}")


def _leases(model: str, ledger: Ledger) -> Iterator[Finding]:
    for purpose, held in at_work(ledger, model).items():
        yield Finding("well", f"{model}: a {purpose} is going on, by {held.holder}")
    for purpose in PURPOSES:
        with ledger.deciding() as page:
            died = give_back(page, model, purpose)
        if died:
            yield Finding("mended", f"{model}: a {purpose} died, by {died.holder}; its lease is given back")


def _waste(model: str, settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    if "training" in at_work(ledger, model):
        return
    waste = find_waste(settings, ledger, model)
    if runs := [one for one in waste if one.path.parent.name == "runs"]:
        died = f"{len(runs)} runs died before their verdict" if len(runs) > 1 else "a run died before its verdict"
        yield Finding("well", f"{model}: {died}; see `perennial prune {model}`")
