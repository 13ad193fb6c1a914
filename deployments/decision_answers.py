"""What the commands answer that take a decision, or tell of those that were taken."""

import getpass
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deployments.answers import Answer, fact, short
from deployments.entry_lines import clock, told
from tasks.data import store
from tasks.data.window import read_time, write_time
from tasks.plain import write
from tasks.release.decisions import Decision, before
from tasks.release.ledger.amending import acceptances
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.contract_records import Accepted, Amended, Refused
from tasks.release.ledger.entries import Entry, version_of
from tasks.release.ledger.leases import at_work
from tasks.release.ledger.standing import Standing, standing
from tasks.release.ledger.version_records import Judged, Proposed
from tasks.release.ledger.work_records import Spent
from tasks.release.promotion import Outcome, Verb
from tasks.settings import load_settings
from tasks.spec import load_spec

if TYPE_CHECKING:
    from tasks.release.office import Office


_OF_NO_VERSION = (Spent, Amended, Accepted, Refused)


@dataclass(frozen=True)
class Person:
    """Who decides."""

    name: str
    identified: bool
    """By MLflow, by their own password."""


def person(model: str, named: str | None, *, rolls_back: bool = False) -> Person:
    """Return who decides on ``model``: whoever MLflow knows by their login, where it asks for one.

    Where it does not, the one who is named, or whoever is logged in to this machine; and so for a rollback while MLflow
    does not answer, by whoever keeps the stack.
    """
    settings = load_settings()
    load_spec(model, settings.specs)
    if settings.people:
        from tasks.release.people import identified, keeps_the_stack_alone

        if not (rolls_back and keeps_the_stack_alone(settings.people)):
            return Person(identified(settings.people, model, named), identified=True)
    return Person(getpass.getuser() if named is None else named, identified=False)


def decision(version: int, by: Person, reason: str, *, emergency: bool = False) -> Decision:
    """Return a decision that is taken now."""
    return Decision(version, by.name, reason, datetime.now(UTC), emergency, by.identified)


def decide(model: str, verb: Verb, decision: Decision) -> Answer:
    """Take a decision, and return what came of it."""
    from tasks.release import promotion
    from tasks.release.office import open_office

    with open_office(model) as office:
        return _answer(model, promotion.decide(office, verb, decision))


def rollback(model: str, to: int | None, by: Person, reason: str) -> Answer:
    """Roll back to version ``to``, or to the champion before this one."""
    from tasks.release import promotion
    from tasks.release.office import open_office

    with open_office(model) as office:
        version = before(office.standing()) if to is None else to
        outcome = promotion.decide(office, "roll back", decision(version, by, reason))
        _tell(office, outcome)
        return _answer(model, outcome)


def _tell(office: "Office", outcome: Outcome) -> None:
    """Tell those whom the spec names; without a server to send it, the next check does."""
    if office.settings.prefect_api_url is None or office.spec.notify.page is None:
        return
    from tasks import announcement

    for entry in outcome.entries:
        announcement.tell_of(office.spec, entry)


def history(model: str, *, most: int) -> Answer:
    """Return the latest entries of ``model``, newest first."""
    entries = _entries(model)[::-1][:most]
    made = _acceptances()
    lines = [_line(entry) + (f" (contract: {what})" if (what := _amended(entry, made)) else "") for entry in entries]
    return Answer({"model": model, "entries": [_facts(e) for e in entries]}, tuple(lines) or (_nothing(model),))


def champion(model: str, at: str | None) -> Answer:
    """Return the champion at a time, with what it rests on."""
    entries = _entries(model)
    time = read_time(at, "at") if at else None
    found = standing(entries).at(time or datetime.now(UTC))
    if found is None:
        when = f" at {write_time(time)}" if time else ""
        return Answer({"model": model, "champion": None}, (f"{model} has no champion{when}",))
    lines = [
        fact("champion", f"version {found.version}"),
        fact("since", clock(found.since)),
        *([fact("until", clock(found.until))] if found.until else []),
        *_version_lines(entries, found.version),
    ]
    return Answer({"model": model, "champion": found.version, "entry": _facts(found.entry)}, tuple(lines))


def show(model: str, number: int) -> Answer:
    """Return every entry about one version."""
    entries = _entries(model)
    own = [entry for entry in entries if version_of(entry.what) == number]
    if not own:
        known = ", ".join(str(v) for v in dict.fromkeys(version_of(e.what) for e in entries) if v)
        return Answer(
            {"model": model, "version": None}, (f"{model} has no version {number}; versions: {known or 'none'}",)
        )
    return Answer(
        {"model": model, "version": number, "entries": [_facts(entry) for entry in own]},
        tuple(_version_lines(entries, number)),
    )


def prune(model: str, *, delete: bool) -> Answer:
    """Say what may be deleted, and delete it if told to."""
    from tasks.monitoring import pruning

    settings = load_settings()
    spec, ledger = load_spec(model, settings.specs), Ledger(settings.ledger)
    waste = pruning.prune(spec, settings, ledger) if delete else pruning.find_waste(spec, settings, ledger)
    freed = sum(one.bytes for one in waste)
    done = "deleted" if delete else "could be deleted, with --delete"
    lines = [f"{one.bytes / 1e6:8.1f} MB  {short(str(one.path))}" for one in waste]
    lines += [
        f"a {purpose} is going on, by {held.holder}: what it writes is among this, and nothing is deleted meanwhile"
        for purpose, held in at_work(ledger, model).items()
    ]
    facts = {"model": model, "deleted": delete, "bytes": freed, "paths": [str(one.path) for one in waste]}
    return Answer(facts, (*lines, f"{freed / 1e6:8.1f} MB  {done}; what the ledger names is kept"))


def _answer(model: str, outcome: Outcome) -> Answer:
    now_is = outcome.standing.champion
    lines = [_line(entry) for entry in outcome.entries] or ["decided so before; nothing changed"]
    lines += [fact("champion", f"version {now_is.version}" if now_is else "none"), *_waiting(outcome.standing)]
    if outcome.behind:
        lines.append(f"MLflow's alias follows later, by itself: {outcome.behind}")
    facts = {
        "model": model,
        "entries": [_facts(entry) for entry in outcome.entries],
        "champion": now_is.version if now_is else None,
        "alias_follows": outcome.behind is None,
    }
    return Answer(facts, tuple(lines))


def _waiting(stands: Standing) -> Iterator[str]:
    for pending in stands.pending:
        given, needed = len(pending.approvals), pending.proposed.approvals
        yield fact("waiting", f"version {pending.version}, {given} of {needed} approvals")


def _version_lines(entries: list[Entry], number: int) -> Iterator[str]:
    own, made = [entry for entry in entries if version_of(entry.what) == number], _acceptances()
    yield from (_line(entry) for entry in own)
    for entry in own:
        if isinstance(entry.what, Judged) and entry.what.contract:
            yield fact("contract", ", ".join(filter(None, [entry.what.contract, _amended(entry, made)])))
    for entry in own:
        if isinstance(entry.what, Proposed):
            yield from (fact(name, digest) for name, digest in vars(entry.what.evidence).items())
            yield fact("report", short(str(store.here(f"{entry.what.where.files}/verdict.html"))))


def _amended(entry: Entry, made: Mapping[str, Entry]) -> str:
    """Return which of the amendments ``made`` the contract that a version was trained under; nothing: a person did."""
    digest = entry.what.contract if isinstance(entry.what, Judged) else None
    if digest is None or digest not in made:
        return ""
    accepted = made[digest].what
    assert isinstance(accepted, Accepted)
    return f"amendment {accepted.proposal}, accepted by {accepted.by}"


def _acceptances() -> Mapping[str, Entry]:
    """Return the amendments that were accepted, of all models: several may have one contract."""
    settings = load_settings()
    if settings.ledger_url is None and not (settings.home / "ledger.db").exists():
        return {}
    return acceptances(Ledger(settings.ledger).entries())


def _entries(model: str) -> list[Entry]:
    settings = load_settings()
    load_spec(model, settings.specs)
    if settings.ledger_url is None and not (settings.home / "ledger.db").exists():
        return []
    return Ledger(settings.ledger).entries(model)


def _line(entry: Entry) -> str:
    version = version_of(entry.what)
    which = f"version {version}" if version else "" if isinstance(entry.what, _OF_NO_VERSION) else "no version"
    return f"{clock(entry.at)}  {entry.kind:<10} {which:<12} {told(entry)}"


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "kind": entry.kind,
        "at": entry.at.isoformat(timespec="seconds"),
        **write(entry.what),
        "digest": entry.digest,
    }


def _nothing(model: str) -> str:
    return f"{model} has not been trained here"
