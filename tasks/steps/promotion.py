"""The step of a person's decision."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.errors import DecisionRefused
from tasks.release import promotion
from tasks.release.decisions import Decision
from tasks.release.office import Office
from tasks.release.promotion import Outcome, Verb
from tasks.steps import outside

_log = logging.getLogger("perennial")


@dataclass(frozen=True)
class Decided:
    """What came of a person's decision."""

    outcome: Outcome | None
    """None: it was refused,"""
    refusal: str
    """for this reason."""


def decision(version: int, person: str, reason: str) -> Decision:
    """Return a decision that is taken now."""
    return Decision(version, person, reason, datetime.now(UTC))


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def decide(office: Office, verb: Verb, decision: Decision) -> Decided:
    """Examine what the decision is about, and take it, if it may be."""
    try:
        outcome = promotion.decide(office, verb, decision)
    except DecisionRefused as refusal:
        _log.warning("refused: %s", refusal)
        return Decided(None, str(refusal))
    for entry in outcome.entries:
        _log.info("ledger, entry %s: %s", entry.number, entry.kind)
    if outcome.behind:
        _log.warning("MLflow's alias follows later: %s", outcome.behind)
    return Decided(outcome, "")


def decided(found: Decided) -> State[Decided]:
    """Return the state that a run ends in: a decision that may not be is a result, and not a failure."""
    if found.outcome is None:
        return Completed(name="Refused", message=found.refusal, data=found)
    champion = found.outcome.standing.champion
    message = f"champion: version {champion.version}" if champion else "there is no champion"
    return Completed(message=message, data=found)
