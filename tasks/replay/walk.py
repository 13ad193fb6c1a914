"""A policy walks through the past: at each step it sees what its champion saw, and decides. Pure but for the past."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from tasks.monitoring.check import Check
from tasks.monitoring.history import History, Moment, Retraining
from tasks.monitoring.policy import PolicyDecision, decide
from tasks.monitoring.staleness import Gain
from tasks.monitoring.triage import Checked
from tasks.replay.episodes import InUse, Seen
from tasks.replay.rulings import Ruling
from tasks.replay.trainings import Made
from tasks.spec import PolicySpec

_ASKED = ("drift", "performance")


class Past(Protocol):
    """What happened, as far as it depends on no policy."""

    def train(self, as_of: datetime, champion: Made | None) -> Made: ...

    def rule(self, made: Made, champion: Made | None, judged: tuple[str, ...]) -> Ruling: ...

    def see(self, champion: InUse, at: datetime) -> Seen: ...


@dataclass(frozen=True)
class Step:
    """What a policy did at one moment."""

    at: datetime
    champion: datetime
    """As of when the one was trained that served since the moment before."""
    since: datetime
    """Since when it was champion."""
    check: Check
    decision: PolicyDecision
    made: Made | None
    """The challenger that was trained; None: no training was asked for."""
    ruling: Ruling | None
    """None: there was nothing to judge."""
    served: str
    """File of what was predicted since the moment before."""
    promoted: bool = False
    """Whether another champion is in use from now on."""


@dataclass(frozen=True)
class Walk:
    """What became of a policy."""

    name: str
    rules: PolicySpec
    steps: tuple[Step, ...]

    @property
    def trainings(self) -> int:
        """Those that were made beside the first one, which all policies have."""
        return sum(step.made is not None for step in self.steps)

    @property
    def passed(self) -> int:
        """Challengers that the gate let pass, each for a person to look at."""
        return sum(step.ruling is not None and step.ruling.promotable for step in self.steps)

    @property
    def promotions(self) -> int:
        return sum(step.promoted for step in self.steps)


@dataclass(frozen=True)
class _Awaiting:
    """What has passed the gate and awaits a person."""

    made: Made
    ruling: Ruling
    until: datetime
    """When the person decides, who was asked when there was nothing to decide on before."""


@dataclass(frozen=True)
class _Now:
    """Where a walk stands: nothing of it is ever changed."""

    champion: InUse
    checks: tuple[Checked, ...]
    """Of this champion, oldest first."""
    retrainings: tuple[Retraining, ...]
    judged: tuple[str, ...]
    gains: tuple[Gain, ...] = ()
    awaiting: _Awaiting | None = None


def walk(
    name: str,
    rules: PolicySpec,
    past: Past,
    *,
    first: InUse,
    moments: Sequence[datetime],
    approval: timedelta = timedelta(0),
    tell: Callable[[Step], None] = lambda _: None,
) -> Walk:
    """Return what a policy does at each of ``moments``, equal steps after the ``first`` champion came into use.

    A challenger that passes the gate is in use from the first moment that is ``approval`` later, and a training of that
    moment is judged beside it. One that passes before takes its place, as it does live: a person approves the newest.
    ``tell`` is called with each step.
    """
    now = _Now(first, (), (Retraining(first.since, asked=False, helped=None),), (first.ruling.attempt,))
    steps = []
    for at in moments:
        step, after = _step(now, rules, past, at)
        after = _approved(_proposed(after, step, approval), at)
        steps.append(replace(step, promoted=after.champion is not now.champion))
        now = after
        tell(steps[-1])
    return Walk(name, rules, tuple(steps))


def _step(now: _Now, rules: PolicySpec, past: Past, at: datetime) -> tuple[Step, _Now]:
    seen = past.see(now.champion, at)
    check = seen.check
    days = (at - check.start) / timedelta(days=1)
    moment = Moment(at, check.rows / days, check.realised, at - now.champion.made.as_of)
    decision = decide(check.diagnosis, History(now.checks, now.retrainings, now.gains), moment, rules)
    later = _approved(now, at)
    made = past.train(at, later.champion.made) if decision.retrain else None
    ruling = past.rule(made, later.champion.made, now.judged) if made and made.challenger else None
    step = Step(at, now.champion.made.as_of, now.champion.since, check, decision, made, ruling, seen.served)
    checks = (*now.checks, check.checked) if later.champion is now.champion else ()
    return step, _after(replace(later, checks=checks), step)


def _after(now: _Now, step: Step) -> _Now:
    if step.ruling is None or step.made is None:  # a training that broke leaves no verdict, live as here
        return now
    asked = step.decision.reason in _ASKED
    ruling = step.ruling
    done = Retraining(step.at, asked, ruling.promotable if asked else None, better=ruling.outcome == "better")
    return replace(
        now,
        retrainings=(*now.retrainings, done),
        judged=(*now.judged, *filter(None, [step.ruling.attempt])),
        gains=(*now.gains, *_gains(step, now.champion)),
    )


def _proposed(now: _Now, step: Step, approval: timedelta) -> _Now:
    """Return where a walk stands once what passed the gate awaits a person, in the place of what awaited one before."""
    if step.made is None or step.ruling is None or not step.ruling.promotable:
        return now
    until = now.awaiting.until if now.awaiting else step.at + approval
    return replace(now, awaiting=_Awaiting(step.made, step.ruling, until))


def _approved(now: _Now, at: datetime) -> _Now:
    """Return where a walk stands once the person has decided whose time it is by ``at``."""
    if now.awaiting is None or now.awaiting.until > at:
        return now
    return replace(now, champion=InUse(now.awaiting.made, now.awaiting.ruling, at), checks=(), awaiting=None)


def _gains(step: Step, rival: InUse) -> Iterator[Gain]:
    if step.made and step.ruling and (found := step.ruling.comparison):
        yield Gain(step.made.as_of - rival.made.as_of, found.difference, found.error)
