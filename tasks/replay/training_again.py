"""A training of the live loop, made and judged again."""

import hashlib
from collections.abc import Iterator

from tasks.release import decisions, requests
from tasks.release.ledger.book import Page
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Evidence, Judged, Places, Proposed
from tasks.replay.differences import Difference, beside
from tasks.replay.live import Training
from tasks.replay.redone import Again, append, words_of
from tasks.replay.rulings import Ruling, rule
from tasks.replay.trainings import NUMBER, Made, train
from tasks.spec import ModelSpec


def train_again(again: Again, event: Training) -> Iterator[Difference]:
    """Train and judge as then, propose what passes, and yield where something else comes out."""
    champion = standing(again.entries()).champion
    rival = again.versions[champion.version] if champion else None
    made = train(again.scene, event.as_of, rival)
    if made.challenger is None or made.lineage is None:
        yield Difference(words_of(event), event.judged.summary, f"no challenger: {made.why_not}", None)
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
        words_of(event), _verdict(event.judged), _verdict(judged), source=_why(event.judged, judged, again.scene.spec)
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
        contract=made.lineage.contract,
    )


def _write(page: Page, again: Again, judged: Judged, event: Training) -> None:
    at = event.entry.at
    page.append(again.model, judged, at=at)
    now = standing(page.entries(again.model)).request
    if now and judged.as_of >= now.requested.as_of:
        due = requests.Due(now.number, own=judged.reason == now.requested.reason)
        append(page, again.model, requests.answer(now, due, judged), at)


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
    append(page, again.model, decisions.propose(standing(page.entries(again.model)), proposed), at)
    now = standing(page.entries(again.model))
    pending = now.proposal_of(proposed.version)
    if pending and proposed.approvals == 0 and decisions.stale(now, pending, at) is None:
        append(page, again.model, [decisions.promotion(now, pending, ())], at)


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
    if was.contract is not None and was.contract != now.contract:
        return "the contract is another one than it was then"
    if was.evidence.snapshot != now.evidence.snapshot:
        return "the source gives other rows than it did then"
    if was.evidence.spec != hashlib.sha256(spec.model_dump_json(indent=1).encode()).hexdigest():
        return "the spec is another one than it was then"
    return None
