"""What ``perennial contract …`` answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from shlex import quote
from typing import Any

from deployments.answers import Answer, fact, short
from deployments.decision_answers import person
from deployments.entry_lines import told
from tasks.data.contract import Contract, load_contract
from tasks.data.history.contract import completed
from tasks.data.window import read_time
from tasks.errors import PerennialError, SettingsError
from tasks.evolution import amendments
from tasks.evolution.additions import UNNAMED
from tasks.evolution.change import Change
from tasks.evolution.desk import Desk, Person
from tasks.evolution.examining import Examined, Request, examine
from tasks.evolution.patch import digest_of
from tasks.markdown import one_line
from tasks.plain import write
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.contract_records import Amended
from tasks.release.ledger.entries import Entry
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec, names
from tasks.spec.values import parse_duration

_SHOWN = 12
"""Columns that nobody has named; with --json all are."""
_SHORT = 12
"""Characters of a digest that tell it apart."""


@dataclass(frozen=True)
class Rows:
    """Which rows are looked at, as a person says it."""

    as_of: str | None
    window: str | None
    include: tuple[str, ...]

    def read(self) -> Request:
        try:
            length = parse_duration(self.window) if self.window else None
        except ValueError as error:
            raise SettingsError(f"window: found {self.window!r}; allowed: {error}") from None
        return Request(read_time(self.as_of) if self.as_of else datetime.now(UTC), length, self.include)


def diff(model: str, rows: Rows) -> Answer:
    """Return what fresh rows would change."""
    settings = load_settings()
    spec, contract = _given(model, settings)
    found = examine(spec, contract, settings, rows.read())
    lines = [*_lines(found, model, rows), *_shown(found.patch.diff), *_shared(spec, settings)]
    if found.patch.changes:
        lines.append(fact("next", f"perennial contract propose {model}{_again(rows)}"))
    return Answer(_facts(model, found), tuple(lines))


def propose(model: str, rows: Rows, by: str | None) -> Answer:
    """Keep the patch, and return its number."""
    settings = load_settings()
    spec, contract = _given(model, settings)
    decided = _person(model, by, "")
    found = examine(spec, contract, settings, rows.read())
    entry = amendments.propose(_desk(spec, settings), found, decided)
    lines = [
        *_lines(found, model, rows),
        *_shown(found.patch.diff),
        fact("amendment", f"{entry.number}, by {entry.what.by if isinstance(entry.what, Amended) else decided.name}"),
        fact("next", f"perennial contract accept {model} {entry.number}"),
    ]
    return Answer({**_facts(model, found), "amendment": entry.number}, tuple(lines))


def accept(model: str, number: int, by: str | None, reason: str) -> Answer:
    """Change the contract as the amendment says."""
    settings = load_settings()
    desk = _desk(load_spec(model, settings.specs), settings)
    entry = amendments.accept(desk, number, _person(model, by, reason))
    lines = [_said(entry), fact("contract", short(str(desk.file))), *_shared(desk.spec, settings)]
    return Answer(
        {"model": model, "entry": entry.number, "amendment": number, "contract": str(desk.file), **write(entry.what)},
        (*lines, fact("next", f"perennial train {model}")),
    )


def reject(model: str, number: int, by: str | None, reason: str) -> Answer:
    """Write down that an amendment is not wanted."""
    settings = load_settings()
    entry = amendments.refuse(_desk(load_spec(model, settings.specs), settings), number, _person(model, by, reason))
    return Answer({"model": model, "entry": entry.number, **write(entry.what)}, (_said(entry),))


def _given(model: str, settings: Settings) -> tuple[ModelSpec, Contract]:
    spec = load_spec(model, settings.specs)
    contract = load_contract(spec.contract_name, settings.contracts)
    completed(contract, spec)
    return spec, contract


def _desk(spec: ModelSpec, settings: Settings) -> Desk:
    return Desk(spec, settings, Ledger(settings.ledger))


def _person(model: str, by: str | None, reason: str) -> Person:
    who = person(model, by)
    return Person(who.name, who.identified, datetime.now(UTC), reason)


def _lines(found: Examined, model: str, rows: Rows) -> Iterator[str]:
    fresh, patch = found.fresh, found.patch
    yield fact("contract", f"{short(patch.file)}, {digest_of(patch.before)[:_SHORT]}")
    yield fact("rows", f"{fresh.rows.num_rows:,} of {fresh.window}, snapshot {fresh.snapshot.digest[:_SHORT]}")
    yield from (fact("warning", one_line(warning)) for warning in found.warnings)
    yield from (fact("note", one_line(words)) for words in found.new_words)
    if not patch.changes and all(change.held == UNNAMED for change in patch.left_out):
        yield fact("nothing", "the contract lets these rows through as it is")
    for change in patch.changes:
        yield fact("change", one_line(f"{change.title}, {change.compatibility}: {change.found}"))
    for change in patch.left_out:
        if change.held == UNNAMED:
            continue
        yield fact("left out", one_line(f"{change.title}, {change.compatibility}: {change.found}"))
        yield from (fact("", one_line(why)) for why in _why_not(change, f"{model}{_again(rows)}"))
    if unnamed := [change.column for change in patch.left_out if change.held == UNNAMED]:
        more = f" and {len(unnamed) - _SHOWN} more" if len(unnamed) > _SHOWN else ""
        told = one_line(", ".join(unnamed[:_SHOWN]) + more)
        yield fact("not named", f"by the contract, and not new: {told}; to name one: --include {quote(unnamed[0])}")


def _shown(diff: str) -> Iterator[str]:
    """Yield the lines of a diff without what would steer a terminal."""
    yield from ("".join(c if c.isprintable() else "�" for c in line) for line in diff.split("\n")[:-1])


def _why_not(change: Change, rows: str) -> Iterator[str]:
    if change.held:
        yield change.held
    if change.by_hand:
        yield f"edit by hand: {change.by_hand}"
    elif change.held:
        yield f"to have it all the same: perennial contract diff {rows} --include {quote(change.column)}"


def _shared(spec: ModelSpec, settings: Settings) -> Iterator[str]:
    """Yield which other models have the same contract."""
    others = []
    for name in names(settings.specs):
        try:
            other = load_spec(name, settings.specs)
        except PerennialError:  # its own commands say what is wrong with it
            continue
        if name != spec.model and other.contract_name == spec.contract_name:
            others.append(name)
    if others:
        yield fact("note", f"it is the contract of {', '.join(others)} as well")


def _again(rows: Rows) -> str:
    given = [("as-of", rows.as_of), ("window", rows.window), *(("include", column) for column in rows.include)]
    return "".join(f" --{option} {quote(value)}" for option, value in given if value)


def _facts(model: str, found: Examined) -> dict[str, Any]:
    fresh, patch = found.fresh, found.patch
    return {
        "model": model,
        "contract": patch.file,
        "before": digest_of(patch.before),
        "after": digest_of(patch.after),
        "as_of": fresh.as_of.isoformat(),
        "since": fresh.window.start.isoformat() if fresh.window.start else None,
        "rows": fresh.rows.num_rows,
        "snapshot": fresh.snapshot.digest,
        "warnings": list(found.warnings),
        "new_words": list(found.new_words),
        "changes": [write(change) for change in patch.changes],
        "left_out": [write(change) for change in patch.left_out],
        "patch": patch.diff,
    }


def _said(entry: Entry) -> str:
    return fact(entry.kind, told(entry))
