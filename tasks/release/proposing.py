"""The end of a training: its verdict goes into the ledger, and a version that may be promoted awaits a person."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from tasks.judgement.verdict import Verdict
from tasks.release import decisions, requests
from tasks.release.artifact import Artifact
from tasks.release.ledger.book import Page
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.leases import require
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Judged, Proposed
from tasks.release.lineage import Lineage
from tasks.release.promotion import follow
from tasks.release.record import Subject, Written, evidence_of
from tasks.release.run import TrainingRun
from tasks.release.versions import Recorded, Version


@dataclass(frozen=True)
class Trained:
    """What came of a training."""

    subject: Subject
    judged: Written
    recorded: Recorded

    @property
    def verdict(self) -> Verdict:
        return self.judged.verdict

    @property
    def version(self) -> Version | None:
        """The registered version; None when the challenger was refused."""
        return self.recorded.version

    @property
    def artifact(self) -> Artifact:
        return self.subject.challenger.artifact

    @property
    def lineage(self) -> Lineage:
        return self.subject.lineage

    @property
    def files(self) -> str:
        return self.judged.files


def propose(run: TrainingRun, trained: Trained) -> tuple[Entry, ...]:
    """Record the verdict, the proposal that it leads to, and the answer to the request that it was due to.

    Where nobody has to agree, it is promoted at once.

    Raises:
        LeaseLost: another process has taken the training over; nothing is recorded.
    """
    at = datetime.now(UTC)
    judged, proposed = _judged(trained), _proposed(run, trained, at)
    with run.ledger.deciding() as page:
        require(page, run.lease)
        written = [page.append(run.spec.model, judged, at=at)]
        if proposed is not None:
            written += _open(page, run.spec.model, proposed, at)
        asked = standing(page.entries(run.spec.model)).request
        written += [page.append(run.spec.model, what, at=at) for what in requests.answer(asked, run.due, judged)]
    follow(
        run.spec.model, run.registrar
    )  # also when nothing was promoted: an earlier promotion may have been cut short
    return tuple(written)


def _open(page: Page, model: str, proposed: Proposed, at: datetime) -> list[Entry]:
    whats = decisions.propose(standing(page.entries(model)), proposed)
    written = [page.append(model, what, at=at) for what in whats]
    now = standing(page.entries(model))
    pending = now.proposal_of(proposed.version)
    if pending and proposed.approvals == 0 and decisions.stale(now, pending, at) is None:
        written.append(page.append(model, decisions.promotion(now, pending, ()), at=at))
    return written


def _judged(trained: Trained) -> Judged:
    verdict, version = trained.verdict, trained.version
    _, evidence = evidence_of(trained.subject, trained.judged, trained.artifact.uri)
    return Judged(
        run=trained.recorded.run_id,
        as_of=trained.lineage.as_of,
        reason=trained.lineage.reason,
        outcome=verdict.outcome,
        promotable=verdict.promotable,
        summary=verdict.reasons[0],
        version=version.number if version else None,
        evidence=evidence,
        against=int(verdict.champion_version) if verdict.champion_version else None,
        gain=_known(verdict.comparison.difference) if verdict.comparison else None,
        error=_known(verdict.comparison.error) if verdict.comparison else None,
        contract=trained.lineage.contract,
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _proposed(run: TrainingRun, trained: Trained, at: datetime) -> Proposed | None:
    version, rules = trained.version, run.spec.promotion
    if version is None:
        return None
    where, evidence = evidence_of(trained.subject, trained.judged, version.artifact.uri)
    champion = trained.verdict.champion_version
    return Proposed(
        version=version.number,
        summary=trained.verdict.reasons[0],
        evidence=evidence,
        against=int(champion) if champion else None,
        where=where,
        expires=at + rules.expires,
        approvals=rules.approvals if rules.approval == "manual" else 0,
    )
