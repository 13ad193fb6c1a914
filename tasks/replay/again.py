"""One decision of the live loop, made again: by the same functions."""

import logging
from collections.abc import Iterator, Sequence

from tasks.errors import DecisionRefused
from tasks.monitoring import deciding, measuring, watching
from tasks.monitoring.check import Check, save_check
from tasks.monitoring.predictions.eligible import find_eligible
from tasks.monitoring.predictions.run import Asked, score_alone
from tasks.monitoring.predictions.scoring import serve, write_down
from tasks.release import decisions
from tasks.release.decisions import Decision
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Approved, Rejected, RolledBack
from tasks.release.ledger.work_records import Requested
from tasks.replay.differences import Difference, beside
from tasks.replay.live import Deciding, Event, Scoring, Training, Watching
from tasks.replay.redone import Again, append, words_of
from tasks.replay.training_again import train_again

_log = logging.getLogger("perennial")


def do_again(again: Again, event: Event, number: int, told: Sequence[Event]) -> Iterator[Difference]:
    """Do an event again, the so-many-th of those ``told``, and yield where something else comes out."""
    _log.info("%s of %s: %s", number + 1, len(told), words_of(event))
    match event:
        case Scoring():
            yield from _score(again, event)
        case Watching():
            yield from _watch(again, event)
        case Training():
            yield from train_again(again, event)
        case Deciding():
            yield from _decide(again, event)


def _score(again: Again, event: Scoring) -> Iterator[Difference]:
    was, scene = event.scored, again.scene
    with score_alone(scene.spec, scene.contract, again.settings, asked=Asked(was.start, was.end, event.as_of)) as run:
        rows = find_eligible(scene.spec, scene.contract, again.settings, window=run.window)
        serve(run, rows)
        entry = write_down(run, rows)
    now = entry.what if entry else None
    yield from beside(words_of(event), was, now, source="the source gives other rows than it did then")


def _watch(again: Again, event: Watching) -> Iterator[Difference]:
    scene = again.scene
    watch = watching.watch_of(scene.spec, scene.contract, again.settings, as_of=event.as_of)
    looked = watching.look(watch)
    check = deciding.diagnose(watch, looked, measuring.signals(watch, looked))
    kept = save_check(watch.checks, check)
    before = standing(again.entries()).request
    deciding.ask(watch, check, kept.digest)
    now = standing(again.entries()).request
    asked = now.requested if now and not before else None
    yield from beside(words_of(event), event.check, check, source=_restated(event.check, check))
    if (event.asked is None) != (asked is None):
        yield Difference(words_of(event), f"request: {_asked(event.asked)}", f"request: {_asked(asked)}", None)


def _restated(was: Check, now: Check) -> str | None:
    return "the source gives other rows than it did then" if was.rows != now.rows else None


def _asked(requested: Requested | None) -> str:
    return requested.reason if requested else "none"


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
            append(page, again.model, found, event.entry.at)
    except DecisionRefused as refused:
        yield Difference(words_of(event), "decided", f"refused: {refused}", None)
