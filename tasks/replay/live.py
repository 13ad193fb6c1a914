"""What the live loop did, in the order in which it did it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow.compute as pc

from tasks.data import store
from tasks.data.window import Window
from tasks.monitoring.check import Check, kept_checks, read_check
from tasks.monitoring.predictions.log import SCORED_AT, open_log
from tasks.monitoring.watching import CHECKS
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.version_records import Approved, Judged, Promoted, Proposed, Rejected, RolledBack
from tasks.release.ledger.work_records import Requested, Scored
from tasks.settings import Settings
from tasks.spec import ModelSpec

_FAR = timedelta(days=36500)


@dataclass(frozen=True)
class Scoring:
    """The champion scored a window, with what was known then."""

    entry: Entry
    scored: Scored
    as_of: datetime


@dataclass(frozen=True)
class Watching:
    """The champion was checked."""

    check: Check
    asked: Requested | None
    """The request that it led to; None: none, or there was an open one."""

    @property
    def as_of(self) -> datetime:
        return self.check.as_of


@dataclass(frozen=True)
class Training:
    """A challenger was trained and judged."""

    entry: Entry
    judged: Judged
    proposed: Proposed | None

    @property
    def as_of(self) -> datetime:
        return self.judged.as_of


@dataclass(frozen=True)
class Deciding:
    """A person decided."""

    entry: Entry
    what: Approved | Rejected | RolledBack


Event = Scoring | Watching | Training | Deciding


def events(entries: Sequence[Entry], spec: ModelSpec, settings: Settings) -> tuple[Event, ...]:
    """Return all that the live loop did that a replay can do again, oldest first."""
    told = list(_told(entries, spec, settings))
    requests = {entry.what.check: entry.what for entry in entries if isinstance(entry.what, Requested)}
    terms = _terms(entries)
    for path in store.fetched(kept_checks(settings.of(spec.model) / CHECKS)):
        watching = Watching(read_check(path), requests.get(hashlib.sha256(path.read_bytes()).hexdigest()))
        told.insert(_place(told, watching, terms), watching)
    return tuple(told)


def _told(entries: Sequence[Entry], spec: ModelSpec, settings: Settings) -> Iterator[Event]:
    proposals = {entry.what.version: entry.what for entry in entries if isinstance(entry.what, Proposed)}
    for entry in entries:
        match entry.what:
            case Scored() as scored:
                yield Scoring(entry, scored, _scored_at(scored, spec, settings) or scored.end)
            case Judged() as judged:
                yield Training(entry, judged, proposals.get(judged.version) if judged.version else None)
            case Approved() | Rejected() | RolledBack() as what:
                yield Deciding(entry, what)


def _scored_at(scored: Scored, spec: ModelSpec, settings: Settings) -> datetime | None:
    """Return what was known when a window was scored; None: its rows are no longer in the log."""
    log = open_log(settings, spec.model, "served", scored.version)
    window = Window(scored.start, scored.end)
    table = log.read(window, [SCORED_AT], timestamp=spec.source.timestamp, as_of=scored.end + _FAR)
    found: datetime | None = pc.max(table.column(SCORED_AT)).as_py() if table else None
    return found


def _terms(entries: Sequence[Entry]) -> list[tuple[int, int, int]]:
    """Return the versions that were champion: each with the numbers of the entries that made and replaced it."""
    moves = [(entry.number, entry.what.version) for entry in entries if isinstance(entry.what, Promoted | RolledBack)]
    ends = [*(number for number, _ in moves[1:]), entries[-1].number + 1 if entries else 0]
    return [(version, number, end) for (number, version), end in zip(moves, ends, strict=False)]


def _place(told: Sequence[Event], watching: Watching, terms: Sequence[tuple[int, int, int]]) -> int:
    """Return where a check stands among ``told``: by what it knew, and while the version that it watched was in use."""
    first, last = _term(told, watching, terms)
    place = 0
    for number, event in enumerate(told, start=1):
        entry = None if isinstance(event, Watching) else event.entry.number
        if entry is not None and entry >= last:
            break
        if (entry is not None and entry <= first) or _before(event, watching):
            place = number
    return place


def _term(told: Sequence[Event], watching: Watching, terms: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
    """Return when the version that was watched was champion: of several times, the last that had begun by then."""
    own = [(start, end) for version, start, end in terms if version == watching.check.version]
    begun = [(start, end) for start, end in own if _knew(told, start, watching.as_of)]
    return begun[-1] if begun else (own[0] if own else (0, 0))


def _knew(told: Sequence[Event], number: int, as_of: datetime) -> bool:
    """Say whether all that was scored or trained up to entry ``number`` was as of then, or before."""
    return all(e.as_of <= as_of for e in told if isinstance(e, Scoring | Training) and e.entry.number <= number)


def _before(event: Event, watching: Watching) -> bool:
    if isinstance(event, Deciding):
        return False
    if event.as_of == watching.as_of:  # a moment is scored, then checked, and then trained as of
        return isinstance(event, Scoring | Watching)
    return event.as_of < watching.as_of
