"""What the commands answer that tell of decisions that were taken."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from deployments.answers import Answer, fact, short
from deployments.entry_lines import clock, facts_of, line
from tasks.data import store
from tasks.data.window import read_time, write_time
from tasks.release.ledger.amending import acceptances
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.contract_records import Accepted
from tasks.release.ledger.entries import Entry, version_of
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Judged, Proposed
from tasks.settings import load_settings
from tasks.spec import load_spec


def history(model: str, *, most: int) -> Answer:
    """Return the latest entries of ``model``, newest first."""
    entries = _entries(model)[::-1][:most]
    made = _acceptances()
    lines = [line(entry) + (f" (contract: {what})" if (what := _amended(entry, made)) else "") for entry in entries]
    return Answer({"model": model, "entries": [facts_of(e) for e in entries]}, tuple(lines) or (_nothing(model),))


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
    return Answer({"model": model, "champion": found.version, "entry": facts_of(found.entry)}, tuple(lines))


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
        {"model": model, "version": number, "entries": [facts_of(entry) for entry in own]},
        tuple(_version_lines(entries, number)),
    )


def _version_lines(entries: list[Entry], number: int) -> Iterator[str]:
    own, made = [entry for entry in entries if version_of(entry.what) == number], _acceptances()
    yield from (line(entry) for entry in own)
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


def _nothing(model: str) -> str:
    return f"{model} has not been trained here"
