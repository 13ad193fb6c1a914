"""What may be decided, given where a model stands: each function returns the entries to append, or says why not.

No clock, no files, no database: who calls them does so within one transaction of the ledger, so that what a decision
rests on is still true when it is written down.
"""

from dataclasses import dataclass
from datetime import datetime

from tasks.errors import DecisionRefused
from tasks.release.ledger.entries import Entry, What
from tasks.release.ledger.standing import Pending, Standing
from tasks.release.ledger.version_records import Approved, Evidence, Expired, Promoted, Proposed, Rejected, RolledBack
from tasks.spec import PromotionSpec


@dataclass(frozen=True)
class Decision:
    """What a person says of a version."""

    version: int
    person: str
    reason: str
    at: datetime
    emergency: bool = False
    """Set the rules aside; whoever does so must say why, and it stands out in history."""
    identified: bool = False
    """MLflow knows the person by their own password, and lets them decide; else the name is what somebody typed."""


def propose(standing: Standing, proposed: Proposed) -> list[What]:
    """Propose a version; older proposals of the model, which nobody decided on, expire in its favour.

    The same version again is the same proposal: nothing is added.
    """
    if standing.proposal_of(proposed.version) or proposed.version in standing.ended:
        return []
    older = [Expired(p.version, p.entry.number, f"version {proposed.version} was proposed") for p in standing.pending]
    return [*older, proposed]


def approve(standing: Standing, decision: Decision, now_is: Evidence | None, rules: PromotionSpec) -> list[What]:
    """Return the approval, and the promotion when nobody else has to agree.

    ``now_is`` is the evidence as it is found now; None: there was no such proposal when it was looked for.
    Approving what is champion already adds nothing.
    """
    _may_decide(decision, rules)
    pending = standing.proposal_of(decision.version)
    if pending is None:
        return _approve_again(standing, decision)
    if now_is is None:
        raise DecisionRefused(f"version {decision.version} was proposed only just now; look at it first")
    if reason := changed(pending, now_is) or (None if decision.emergency else stale(standing, pending, decision.at)):
        raise DecisionRefused(f"version {decision.version} can no longer be approved: {reason}")
    if decision.person in {approval.approver for approval in pending.approvals}:
        raise DecisionRefused(f"{decision.person} has approved version {decision.version} already; another person must")
    approval = Approved(
        decision.version,
        pending.entry.number,
        decision.person,
        decision.reason,
        decision.emergency,
        decision.identified,
    )
    given = (*pending.approvals, approval)
    enough = decision.emergency or len(given) >= pending.proposed.approvals
    return [approval, promotion(standing, pending, given)] if enough else [approval]


def promotion(standing: Standing, pending: Pending, given: tuple[Approved, ...]) -> Promoted:
    """Return the entry that makes the proposed version champion: the next one after today's."""
    proposed = pending.proposed
    return Promoted(
        version=proposed.version,
        proposal=pending.entry.number,
        replaces=standing.champion.version if standing.champion else None,
        fence=standing.fence + 1,
        artifact=proposed.evidence.artifact,
        artifact_uri=proposed.where.artifact,
        by=tuple(approval.approver for approval in given),
        emergency=any(approval.emergency for approval in given),
    )


def reject(standing: Standing, decision: Decision, rules: PromotionSpec) -> list[What]:
    """Return the rejection of a pending proposal; rejecting what was rejected already adds nothing."""
    _may_decide(decision, rules)
    pending, ended = standing.proposal_of(decision.version), standing.ended.get(decision.version)
    if pending is None and ended is not None and isinstance(ended.what, Rejected):
        return []
    if pending is None:
        raise DecisionRefused(_not_pending(standing, decision.version))
    if not decision.reason.strip():
        raise DecisionRefused("a rejection needs a reason: whoever trains next wants to know it")
    return [Rejected(decision.version, pending.entry.number, decision.person, decision.reason, decision.identified)]


def roll_back(standing: Standing, decision: Decision, rules: PromotionSpec) -> list[What]:
    """Return the entry that makes a version champion again that has been it before.

    Rolling back to the version that is champion adds nothing: the same command twice rolls back once.
    """
    _may_decide(decision, rules)
    current, target = standing.champion, standing.was_champion(decision.version)
    if current is None:
        raise DecisionRefused("there is no champion to roll back from")
    if current.version == decision.version:
        return []
    if target is None:
        been = ", ".join(str(version) for version in dict.fromkeys(c.version for c in standing.champions))
        raise DecisionRefused(f"version {decision.version} has never been champion; those that have: {been}")
    return [
        RolledBack(
            version=target.version,
            replaces=current.version,
            fence=standing.fence + 1,
            artifact=target.artifact,
            artifact_uri=target.artifact_uri,
            by=decision.person,
            reason=decision.reason,
            identified=decision.identified,
        )
    ]


def before(standing: Standing) -> int:
    """Return the version that a rollback without a name goes to: the champion before this one."""
    if standing.champion is None:
        raise DecisionRefused("there is no champion to roll back from")
    for champion in reversed(standing.champions):
        if champion.version != standing.champion.version:
            return champion.version
    raise DecisionRefused(f"version {standing.champion.version} is the only one that has been champion")


def stale(standing: Standing, pending: Pending, now: datetime) -> str | None:
    """Return why a proposal has lost its ground by ``now``; None: it has not."""
    proposed = pending.proposed
    if proposed.expires is not None and now >= proposed.expires:
        return f"the proposal expired on {proposed.expires:%Y-%m-%d %H:%M} UTC; train again"
    champion = standing.champion.version if standing.champion else None
    if champion != proposed.against:
        was = "there was no champion" if proposed.against is None else f"version {proposed.against} was champion"
        return f"it was judged when {was}, and now version {champion} is; train again"
    return None


def changed(pending: Pending, now_is: Evidence) -> str | None:
    """Return which of the evidence is not what it was when the version was proposed; None: all of it is."""
    was = pending.proposed.evidence
    names = [name for name in vars(was) if getattr(now_is, name) != getattr(was, name)]
    return f"its {' and '.join(names)} changed since it was proposed; train again" if names else None


def _may_decide(decision: Decision, rules: PromotionSpec) -> None:
    if not decision.person.strip():
        raise DecisionRefused("nobody is named; a decision needs the name of whoever takes it")
    if decision.emergency:
        if not decision.reason.strip():
            raise DecisionRefused("an emergency sets the rules aside; it needs a reason")
    elif rules.approvers and decision.person not in rules.approvers:
        allowed = ", ".join(rules.approvers)
        raise DecisionRefused(f"{decision.person} may not decide on this model; promotion.approvers: {allowed}")


def _approve_again(standing: Standing, decision: Decision) -> list[What]:
    """Approving what is champion by that approval adds nothing; anything else that is not pending is refused."""
    ended = standing.ended.get(decision.version)
    is_champion = standing.champion is not None and standing.champion.version == decision.version
    if is_champion and ended is not None and isinstance(ended.what, Promoted):
        return []
    raise DecisionRefused(_not_pending(standing, decision.version))


def _not_pending(standing: Standing, version: int) -> str:
    waiting = ", ".join(str(pending.version) for pending in standing.pending) or "none"
    ended = standing.ended.get(version)
    match ended.what if ended else None:
        case Promoted():
            return f"version {version} was promoted on {_day(ended)} and is not champion any more; to go back: rollback"
        case Rejected() as rejected:
            return f"version {version} was rejected by {rejected.approver} on {_day(ended)}: {rejected.reason}"
        case Expired() as expired:
            return f"the proposal of version {version} expired on {_day(ended)}: {expired.reason}"
    return f"version {version} was never proposed; waiting for approval: {waiting}"


def _day(entry: Entry | None) -> str:
    assert entry is not None
    return f"{entry.at:%Y-%m-%d}"
