"""From what was seen to what is done: signals → triage → policy → a request in the ledger."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from tasks.monitoring.check import Check
from tasks.monitoring.history import History, Moment, Retraining
from tasks.monitoring.policy import PolicyDecision, decide
from tasks.monitoring.signal import Signal
from tasks.monitoring.staleness import Gain
from tasks.monitoring.triage import Case, Columns, Counts, Diagnosis, triage
from tasks.monitoring.watching import Looked, Watch
from tasks.release import requests
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Judged
from tasks.release.ledger.work_records import Requested

_ASKED = ("drift", "performance")


def diagnose(watch: Watch, looked: Looked, signals: Sequence[Signal]) -> Check:
    """Return what is wrong with the window, what is to be done, and whether a training is asked for."""
    diagnosis = triage(case_of(watch, looked, signals))
    window = watch.window
    assert window.start is not None
    return Check(
        model=watch.spec.model,
        version=watch.champion.version,
        as_of=watch.as_of,
        start=window.start,
        rows=looked.current.rows,
        signals=tuple(signals),
        realised=looked.realised,
        diagnosis=diagnosis,
        decision=_decide(watch, looked, diagnosis),
    )


def ask(watch: Watch, check: Check, digest: str) -> Entry | None:
    """Return the request that ``check``, kept under ``digest``, leads to: a new one, or one that nobody works on.

    The row comes first. The event that tells of it may be lost; the next check finds the row, and sends it again.
    """
    if check.decision.retrain and check.decision.reason:
        asked = Requested(check.decision.reason, check.as_of, check.version, check.headline, digest)
        requests.request(watch.ledger, check.model, asked, datetime.now(UTC))
    return requests.heal(watch.ledger, check.model)


def case_of(watch: Watch, looked: Looked, signals: Sequence[Signal]) -> Case:
    """Return what triage looks at."""
    source, current, nobody = watch.spec.source, looked.current, looked.reference.sample.slice(0, 0)
    return Case(
        columns=Columns(
            timestamp=source.timestamp,
            key=tuple(source.key),
            target=source.target,
            outcomes=frozenset(watch.contract.names("outcome")),
            made=frozenset(watch.contract.made),
        ),
        reference=looked.reference.sample,
        current=nobody if current.sample is None else current.sample,
        before=looked.before.sample,
        year_ago=looked.year_ago.sample,
        signals=tuple(signals),
        performance=looked.realised,
        counts=_counts(looked),
        past=watch.past,
        unknown=current.unknown,
    )


def _counts(looked: Looked) -> Counts:
    current, reference = looked.current, looked.reference.inputs.profile
    blocks = current.profile.rows
    return Counts(
        rows=current.rows,
        before=looked.before.rows,
        expected=float(reference.rows.mean()) * len(blocks),
        duplicated=current.duplicates,
        blocks=tuple(int(rows) for rows in blocks),
        quarantined=looked.broken.reasons,
    )


def _decide(watch: Watch, looked: Looked, diagnosis: Diagnosis) -> PolicyDecision:
    entries = watch.ledger.entries(watch.spec.model)
    history = History(watch.past, tuple(_retrainings(entries, watch.as_of)), tuple(_gains(entries, watch.as_of)))
    days = watch.spec.drift.window / timedelta(days=1)
    age = watch.as_of - watch.champion.lineage.as_of
    moment = Moment(watch.as_of, looked.current.rows / days, looked.realised, age)
    return decide(diagnosis, history, moment, watch.spec.policy)


def _retrainings(entries: Sequence[Entry], as_of: datetime) -> Iterator[Retraining]:
    """Yield the trainings before ``as_of``, by the clock that they were made with, and those that are asked for."""
    for entry in entries:
        match entry.what:
            case Judged(as_of=at, reason=reason, promotable=promotable, outcome=outcome) if at <= as_of:
                asked = reason in _ASKED
                yield Retraining(at, asked, promotable if asked else None, better=outcome == "better")
            case Requested(as_of=at) if at <= as_of and _is_open(entries, entry):
                yield Retraining(at, asked=True, helped=None)


def _gains(entries: Sequence[Entry], as_of: datetime) -> Iterator[Gain]:
    """Yield what the verdicts before ``as_of`` found, beside champions whose own training is in the ledger."""
    judged = [entry.what for entry in entries if isinstance(entry.what, Judged)]
    trained = {what.version: what.as_of for what in judged if what.version is not None}
    for what in judged:
        if what.as_of <= as_of and what.gain is not None and what.error is not None and what.against in trained:
            yield Gain(what.as_of - trained[what.against], what.gain, what.error)


def _is_open(entries: Sequence[Entry], request: Entry) -> bool:
    now = standing(entries).request
    return now is not None and now.number == request.number
