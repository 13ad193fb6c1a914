"""Judge a challenger: bring the models together on the rows that may judge, look for leaks, weigh, decide."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.judgement.gate import judge
from tasks.judgement.holdout import Holdout, Inspection
from tasks.judgement.leakage.audit import audit
from tasks.judgement.verdict import Cost, Verdict
from tasks.release.auditing import audit_case
from tasks.release.contest import Arena, Chosen, choose, contest
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Heard:
    """All that was brought before the gate."""

    held: Holdout
    found: Inspection


def hear(arena: Arena, *, judged: Path | None) -> Heard:
    """Return what the gate needs to know: predictions for the rows that may judge, and what the leakage audit found.

    The two are made side by side: the audit looks at rows, and needs no prediction.
    """
    chosen = choose(arena, judged=judged)
    with ThreadPoolExecutor(1) as other:
        found = other.submit(_inspect, arena, chosen)
        return Heard(contest(arena, chosen), found.result())


def _inspect(arena: Arena, chosen: Chosen) -> Inspection:
    """Return what the audit found; one that breaks is told of, and is never a pass: see ``Inspection.broken``."""
    if arena.recipe.spec.gate.modes.leakage == "off":
        return Inspection()
    try:
        found = audit(audit_case(arena, chosen))
    except Exception as error:  # noqa: BLE001 - it ends in the verdict, as a gate that did not pass
        return Inspection(broken={"leakage": f"{type(error).__name__}: {error}"})
    return Inspection(leaks=found.leaks, untested=found.untested)


def weigh(heard: Heard, spec: ModelSpec, cost: Cost | None) -> Verdict:
    """Return the gate's verdict; ``cost`` is what the fresh process measured."""
    return judge(heard.held, spec.gate, spec.seed, replace(heard.found, cost=cost))
