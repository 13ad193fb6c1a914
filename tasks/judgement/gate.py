"""The gate: may this challenger be promoted?"""

from dataclasses import replace

from tasks.judgement import checks
from tasks.judgement.holdout import Exhibits, Holdout
from tasks.judgement.measuring import measure
from tasks.judgement.reasons import explain
from tasks.judgement.verdict import Outcome, Verdict
from tasks.spec import GateSpec


def judge(held: Holdout, gate: GateSpec, seed: int, found: Exhibits | None = None) -> Verdict:
    """Decide by the rules of ``gate`` whether the challenger may be promoted. Same values, same verdict.

    The outcome compares it with the champion. It may be promoted when ``gate.rule`` is content with that, and no
    gate that is enforced has failed. While there is no champion, the outcome compares it with the baseline, with no
    margin, and only ``better`` will do.
    """
    found = found or Exhibits()
    measured = measure(held, gate, seed, found)
    compared = replace(measured.verdict, outcome=_outcome(measured.verdict, gate))
    checked = replace(compared, checks=checks.run(compared, gate, replace(found, broken=measured.broken)))
    promotable = _content(checked, gate) and not any(check.stops for check in checked.checks)
    decided = replace(checked, promotable=promotable)
    return replace(decided, reasons=explain(decided, gate))


def _outcome(measured: Verdict, gate: GateSpec) -> Outcome:
    comparison, margin = measured.deciding, measured.margin if measured.comparison else 0.0
    if comparison.rows < gate.min_rows or not comparison.usable:
        return "undecided"
    if comparison.low > 0:
        return "better"
    if comparison.low > -margin:
        return "not_worse"
    return "worse" if comparison.high < -margin else "undecided"


def _content(found: Verdict, gate: GateSpec) -> bool:
    """Say whether ``gate.rule`` is content with the outcome."""
    not_worse_will_do = gate.rule == "not_worse" and found.comparison is not None
    return found.outcome == "better" or (found.outcome == "not_worse" and not_worse_will_do)
