"""From a registered version to a champion: proposed, decided on, and followed by MLflow's alias.

The ledger decides, in one transaction; what stands in MLflow is a projection of it, which any later command or flow
brings up to date if it has fallen behind.
"""

from dataclasses import dataclass
from typing import Literal

from tasks.errors import RegistryError
from tasks.release import decisions
from tasks.release.decisions import Decision
from tasks.release.evidence import collect
from tasks.release.ledger.entries import Entry, What
from tasks.release.ledger.standing import Standing, standing
from tasks.release.ledger.version_records import Evidence
from tasks.release.office import Follower, Office
from tasks.release.people import check_named, keeps_the_stack_alone
from tasks.spec import PromotionSpec

Verb = Literal["approve", "reject", "roll back"]


@dataclass(frozen=True)
class Outcome:
    """What came of a decision."""

    entries: tuple[Entry, ...]
    """What was written down; nothing, when it had been decided so before."""
    standing: Standing
    behind: str | None
    """Why MLflow's alias does not follow yet; None: it does."""


def decide(office: Office, verb: Verb, decision: Decision) -> Outcome:
    """Take one decision: verify who takes it and what it is about, write it down, and have MLflow follow.

    Raises:
        DecisionRefused: it may not be, with the reason.
        ArtifactDamaged: the version's files are not what was judged, or do not predict the same.
        ServerError, SettingsError: MLflow cannot be asked who may.
    """
    people = office.settings.people
    if people and not decision.identified and not (verb == "roll back" and keeps_the_stack_alone(people)):
        check_named(people, office.model, decision.person)
    return write_down(office, verb, decision, examine(office, verb, decision))


def write_down(office: Office, verb: Verb, decision: Decision, now_is: Evidence | None) -> Outcome:
    """Write a decision down, if it may be, given the evidence as it was found; and have MLflow follow."""
    with office.ledger.deciding() as page:
        whats = _whats(standing(page.entries(office.model)), verb, decision, (now_is, office.spec.promotion))
        entries = tuple(page.append(office.model, what, at=decision.at) for what in whats)
    return Outcome(entries, office.standing(), follow(office.model, office.registrar))


def follow(model: str, registrar: Follower) -> str | None:
    """Have MLflow's alias point at the ledger's champion; return why it could not, None when it does.

    The promotion stands either way, and the next command or flow of the model tries again.
    """
    try:
        registrar.follow(model)
    except RegistryError as error:
        return str(error)
    return None


def examine(office: Office, verb: Verb, decision: Decision) -> Evidence | None:
    """Return the evidence as it is now, once the artifact has predicted in a fresh process; None: there is none."""
    now = office.standing()
    if verb == "roll back":
        if (target := now.was_champion(decision.version)) and target != now.champion:
            office.verify(office.settings, target.artifact_uri, target.artifact)
        return None
    pending = now.proposal_of(decision.version)
    if verb == "reject" or pending is None:
        return None
    was, where = pending.proposed.evidence, pending.proposed.where
    found = collect(where, snapshot=was.snapshot, artifact=was.artifact)
    if found == was:
        office.verify(office.settings, where.artifact, was.artifact)
    return found


def _whats(now: Standing, verb: Verb, decision: Decision, how: tuple[Evidence | None, PromotionSpec]) -> list[What]:
    now_is, rules = how
    match verb:
        case "approve":
            return decisions.approve(now, decision, now_is, rules)
        case "reject":
            return decisions.reject(now, decision, rules)
        case "roll back":
            return decisions.roll_back(now, decision, rules)
