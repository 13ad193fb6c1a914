"""One decision of the live loop, made again: in a home of its own, by the same functions."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tasks.data.window import write_time
from tasks.errors import DecisionRefused
from tasks.monitoring import deciding, watching
from tasks.monitoring.check import Check, save_check
from tasks.monitoring.predictions.eligible import find_eligible
from tasks.monitoring.predictions.run import Asked, score_alone
from tasks.monitoring.predictions.scoring import serve, write_down
from tasks.release import decisions, requests
from tasks.release.decisions import Decision
from tasks.release.ledger.book import Ledger, Page
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.records import (
    Approved,
    Evidence,
    Judged,
    Places,
    Proposed,
    Rejected,
    Requested,
    RolledBack,
    What,
)
from tasks.release.ledger.standing import standing
from tasks.replay.differences import Difference, beside
from tasks.replay.live import Deciding, Event, Scoring, Training, Watching
from tasks.replay.rulings import Ruling, rule
from tasks.replay.scene import Scene
from tasks.replay.trainings import NUMBER, Made, train
from tasks.settings import Settings
from tasks.spec import ModelSpec

_log = logging.getLogger("perennial")


@dataclass
class Again:
    """The loop, done again so far."""

    scene: Scene
    settings: Settings
    ledger: Ledger
    versions: dict[int, Made] = field(default_factory=dict)
    judged: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        return self.scene.spec.model

    def entries(self) -> list[Entry]:
        return self.ledger.entries(self.model)


def do_again(again: Again, event: Event, number: int, told: Sequence[Event]) -> Iterator[Difference]:
    """Do an event again, the so-many-th of those ``told``, and yield where something else comes out."""
    _log.info("%s of %s: %s", number + 1, len(told), _words(event))
    match event:
        case Scoring():
            yield from _score(again, event)
        case Watching():
            yield from _watch(again, event)
        case Training():
            yield from _train(again, event)
        case Deciding():
            yield from _decide(again, event)


def _words(event: Event) -> str:
    match event:
        case Scoring(scored=scored):
            return f"scoring of {write_time(scored.start)} to {write_time(scored.end)}"
        case Watching() | Training():
            return f"{type(event).__name__.lower()} as of {write_time(event.as_of)}"
        case Deciding(what=what):
            return f"{type(what).__name__.lower()}: version {what.version}"


def _score(again: Again, event: Scoring) -> Iterator[Difference]:
    was, scene = event.scored, again.scene
    with score_alone(scene.spec, scene.contract, again.settings, asked=Asked(was.start, was.end, event.as_of)) as run:
        rows = find_eligible(scene.spec, scene.contract, again.settings, window=run.window)
        serve(run, rows)
        entry = write_down(run, rows)
    now = entry.what if entry else None
    yield from beside(_words(event), was, now, source="the source gives other rows than it did then")


def _watch(again: Again, event: Watching) -> Iterator[Difference]:
    scene = again.scene
    watch = watching.watch_of(scene.spec, scene.contract, again.settings, as_of=event.as_of)
    looked = watching.look(watch)
    check = deciding.diagnose(watch, looked, watching.signals(watch, looked))
    kept = save_check(watch.checks, check)
    before = standing(again.entries()).request
    deciding.ask(watch, check, kept.digest)
    now = standing(again.entries()).request
    asked = now.requested if now and not before else None
    yield from beside(_words(event), event.check, check, source=_restated(event.check, check))
    if (event.asked is None) != (asked is None):
        yield Difference(_words(event), f"request: {_asked(event.asked)}", f"request: {_asked(asked)}", None)


def _restated(was: Check, now: Check) -> str | None:
    return "the source gives other rows than it did then" if was.rows != now.rows else None


def _asked(requested: Requested | None) -> str:
    return requested.reason if requested else "none"


def _train(again: Again, event: Training) -> Iterator[Difference]:
    champion = standing(again.entries()).champion
    rival = again.versions[champion.version] if champion else None
    made = train(again.scene, event.as_of, rival)
    if made.challenger is None or made.lineage is None:
        yield Difference(_words(event), event.judged.summary, f"no challenger: {made.why_not}", None)
        return
    ruling = rule(again.scene, made, rival, again.judged, number=champion.version if champion else NUMBER)
    again.judged = (*again.judged, *filter(None, [ruling.attempt]))
    version = event.judged.version or (max(again.versions, default=0) + 1)
    judged = _judged(event, made, ruling, version=version, against=champion.version if champion else None)
    with again.ledger.deciding() as page:
        _write(page, again, judged, event)
        if ruling.promotable:
            again.versions[version] = made
            _propose(page, again, made, ruling, judged, event)
    yield from beside(
        _words(event), _verdict(event.judged), _verdict(judged), source=_why(event.judged, judged, again.scene.spec)
    )


def _judged(event: Training, made: Made, ruling: Ruling, *, version: int, against: int | None) -> Judged:
    assert made.lineage is not None
    found, was = ruling.comparison if against is not None else None, event.judged
    evidence = Evidence(made.lineage.rows.digest, made.digest, "", "", made.lineage.spec)
    return Judged(
        run=was.run,
        as_of=was.as_of,
        reason=was.reason,
        outcome=ruling.outcome,
        promotable=ruling.promotable,
        summary=ruling.summary,
        version=version if ruling.promotable else None,
        evidence=evidence,
        against=against,
        gain=found.difference if found else None,
        error=found.error if found else None,
    )


def _write(page: Page, again: Again, judged: Judged, event: Training) -> None:
    at = event.entry.at
    page.append(again.model, judged, at=at)
    now = standing(page.entries(again.model)).request
    if now and judged.as_of >= now.requested.as_of:
        due = requests.Due(now.number, own=judged.reason == now.requested.reason)
        _append(page, again.model, requests.answer(now, due, judged), at)


def _propose(page: Page, again: Again, made: Made, ruling: Ruling, judged: Judged, event: Training) -> None:
    assert made.lineage is not None
    assert made.challenger is not None
    assert judged.version is not None
    rules, at = again.scene.spec.promotion, event.entry.at
    was = event.proposed
    proposed = Proposed(
        version=judged.version,
        summary=ruling.summary,
        evidence=judged.evidence,
        against=judged.against,
        where=Places(made.lineage.rows.uri, made.challenger.artifact.uri, ruling.files),
        expires=was.expires if was else at + rules.expires,
        approvals=was.approvals if was else (rules.approvals if rules.approval == "manual" else 0),
    )
    _append(page, again.model, decisions.propose(standing(page.entries(again.model)), proposed), at)
    now = standing(page.entries(again.model))
    pending = now.proposal_of(proposed.version)
    if pending and proposed.approvals == 0 and decisions.stale(now, pending, at) is None:
        _append(page, again.model, [decisions.promotion(now, pending, ())], at)


def _decide(again: Again, event: Deciding) -> Iterator[Difference]:
    what, rules = event.what, again.scene.spec.promotion
    person = what.by if isinstance(what, RolledBack) else what.approver
    emergency = isinstance(what, Approved) and what.emergency
    decision = Decision(what.version, person, what.reason, event.entry.at, emergency, what.identified)
    try:
        with again.ledger.deciding() as page:
            now = standing(page.entries(again.model))
            match what:
                case Approved():
                    pending = now.proposal_of(what.version)
                    found = decisions.approve(now, decision, pending.proposed.evidence if pending else None, rules)
                case Rejected():
                    found = decisions.reject(now, decision, rules)
                case RolledBack():
                    found = decisions.roll_back(now, decision, rules)
            _append(page, again.model, found, event.entry.at)
    except DecisionRefused as refused:
        yield Difference(_words(event), "decided", f"refused: {refused}", None)


def _append(page: Page, model: str, whats: Sequence[What], at: datetime) -> None:
    for what in whats:
        page.append(model, what, at=at)


def _verdict(judged: Judged) -> dict[str, object]:
    return {
        "rows": judged.evidence.snapshot,
        "model": judged.evidence.artifact,
        "outcome": judged.outcome,
        "promotable": judged.promotable,
        "summary": judged.summary,
    }


def _why(was: Judged, now: Judged, spec: ModelSpec) -> str | None:
    """Return what has changed since, which explains another verdict; None: nothing that is known."""
    if was.evidence.snapshot != now.evidence.snapshot:
        return "the source gives other rows than it did then"
    if was.evidence.spec != hashlib.sha256(spec.model_dump_json(indent=1).encode()).hexdigest():
        return "the spec is another one than it was then"
    return None
