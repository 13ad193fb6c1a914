"""What the commands answer that take a decision."""

import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deployments.answers import Answer, fact
from deployments.entry_lines import facts_of, line
from tasks.release.decisions import Decision, before
from tasks.release.ledger.standing import Standing
from tasks.release.promotion import Outcome, Verb
from tasks.settings import load_settings
from tasks.spec import load_spec

if TYPE_CHECKING:
    from tasks.release.office import Office


@dataclass(frozen=True)
class Person:
    """Who decides."""

    name: str
    identified: bool
    """By MLflow, by their own password."""


def person(model: str, named: str | None, *, rolls_back: bool = False) -> Person:
    """Return who decides on ``model``: whoever MLflow knows by their login, where it asks for one.

    Where it does not, the one who is named, or whoever is logged in to this machine; and so for a rollback while MLflow
    does not answer, by whoever keeps the stack.
    """
    settings = load_settings()
    load_spec(model, settings.specs)
    if settings.people:
        from tasks.release.people import identified, keeps_the_stack_alone

        if not (rolls_back and keeps_the_stack_alone(settings.people)):
            return Person(identified(settings.people, model, named), identified=True)
    return Person(getpass.getuser() if named is None else named, identified=False)


def decision(version: int, by: Person, reason: str, *, emergency: bool = False) -> Decision:
    """Return a decision that is taken now."""
    return Decision(version, by.name, reason, datetime.now(UTC), emergency, by.identified)


def decide(model: str, verb: Verb, decision: Decision) -> Answer:
    """Take a decision, and return what came of it."""
    from tasks.release import promotion
    from tasks.release.office import open_office

    with open_office(model) as office:
        return _answer(model, promotion.decide(office, verb, decision))


def rollback(model: str, to: int | None, by: Person, reason: str) -> Answer:
    """Roll back to version ``to``, or to the champion before this one."""
    from tasks.release import promotion
    from tasks.release.office import open_office

    with open_office(model) as office:
        version = before(office.standing()) if to is None else to
        outcome = promotion.decide(office, "roll back", decision(version, by, reason))
        _tell(office, outcome)
        return _answer(model, outcome)


def _tell(office: "Office", outcome: Outcome) -> None:
    """Tell those whom the spec names; without a server to send it, the next check does."""
    if office.settings.prefect_api_url is None or office.spec.notify.page is None:
        return
    from tasks import announcement

    for entry in outcome.entries:
        announcement.tell_of(office.spec, entry)


def _answer(model: str, outcome: Outcome) -> Answer:
    now_is = outcome.standing.champion
    lines = [line(entry) for entry in outcome.entries] or ["decided so before; nothing changed"]
    lines += [fact("champion", f"version {now_is.version}" if now_is else "none"), *_waiting(outcome.standing)]
    if outcome.behind:
        lines.append(f"MLflow's alias follows later, by itself: {outcome.behind}")
    facts = {
        "model": model,
        "entries": [facts_of(entry) for entry in outcome.entries],
        "champion": now_is.version if now_is else None,
        "alias_follows": outcome.behind is None,
    }
    return Answer(facts, tuple(lines))


def _waiting(stands: Standing) -> Iterator[str]:
    for pending in stands.pending:
        given, needed = len(pending.approvals), pending.proposed.approvals
        yield fact("waiting", f"version {pending.version}, {given} of {needed} approvals")
