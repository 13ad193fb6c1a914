"""Judge a challenger: bring the models together on the rows that may judge, look for leaks, weigh, decide."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.judgement.explained import UNEXPLAINED, Explained
from tasks.judgement.gate import judge
from tasks.judgement.holdout import Exhibits, Holdout
from tasks.judgement.leakage.audit import audit
from tasks.judgement.verdict import Cost, Verdict
from tasks.release.arena import Arena
from tasks.release.auditing import audit_case
from tasks.release.choosing import Chosen, choose, record_attempt
from tasks.release.contest import contest
from tasks.release.explaining import explain
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Heard:
    """All that was brought before the gate."""

    held: Holdout
    found: Exhibits
    explained: Explained = UNEXPLAINED
    """How the challenger comes to its predictions; the gate does not look at it."""


def hear(arena: Arena, *, judged: Path | None, explained: bool = True) -> Heard:
    """Return what the gate needs to know: predictions for the rows that may judge, and what the leakage audit found.

    ``judged`` is the folder in which it is recorded by which rows each challenger has been judged; None: nowhere. It
    is recorded before there is anything to hear: one that is killed after it has looked has looked.

    The two are made side by side: the audit looks at rows, and needs no prediction. How the challenger comes to its
    predictions is looked at unless nobody will read it.
    """
    chosen = choose(arena, judged=judged)
    if judged:
        record_attempt(arena, chosen, judged)
    with ThreadPoolExecutor(1) as other:
        found = other.submit(_audit, arena, chosen)
        held = contest(arena, chosen)
        told = explain(arena, chosen.rows, held) if explained else UNEXPLAINED
        return Heard(held, found.result(), told)


def _audit(arena: Arena, chosen: Chosen) -> Exhibits:
    """Return what the audit found; one that breaks is told of, and is never a pass: see ``Exhibits.broken``."""
    if arena.recipe.spec.gate.modes.leakage == "off":
        return Exhibits()
    try:
        found = audit(audit_case(arena, chosen))
    except Exception as error:  # noqa: BLE001 - it ends in the verdict, as a gate that did not pass
        return Exhibits(broken={"leakage": f"{type(error).__name__}: {error}"})
    return Exhibits(leaks=found.leaks, untested=found.untested)


def weigh(heard: Heard, spec: ModelSpec, cost: Cost | None) -> Verdict:
    """Return the gate's verdict; ``cost`` is what the fresh process measured."""
    return judge(heard.held, spec.gate, spec.seed, replace(heard.found, cost=cost))
