"""The gate: may this challenger be promoted?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.judgement import slices
from tasks.judgement.reasons import explain
from tasks.judgement.significance import Bootstrap, Pair, compare
from tasks.judgement.verdict import Comparison, FloorCheck, HoldoutFacts, Outcome, Verdict
from tasks.metrics import METRICS, Task, evaluate
from tasks.spec import GateSpec


@dataclass(frozen=True)
class Holdout:
    """What three models predict for the labelled rows that neither champion nor challenger has seen.

    Shapes (rows,); predictions of a multiclass task (rows, classes).
    """

    task: Task
    labels: FloatArray
    days: npt.NDArray[np.int64]
    """The calendar day of each row's event time, UTC, as a number since 1970."""
    challenger: FloatArray
    champion: FloatArray | None
    """None: there is no champion yet."""
    baseline: FloatArray
    slices: Mapping[str, npt.NDArray[np.str_]]
    """The values of each column of ``gate.slices``."""
    champion_version: str | None
    seen_rows_removed: int
    """Rows of the window that the champion was trained or chosen on; they are in none of the arrays."""
    unlabelled_rows: int
    start: datetime | None
    end: datetime


def judge(held: Holdout, gate: GateSpec, seed: int) -> Verdict:
    """Decide by the rules of ``gate`` whether the challenger may be promoted. Same values, same verdict.

    The outcome compares it with the champion. It may be promoted when ``gate.rule`` is content with that, and
    it beats the baseline by the same test, and no floor is broken. While there is no champion, the outcome
    compares it with the baseline, with no margin, and only ``better`` will do.
    """
    bootstrap = Bootstrap(METRICS[gate.metric], gate.alpha, gate.resamples, seed)
    baseline = compare(_pair(held, held.baseline), bootstrap)
    comparison = None if held.champion is None else compare(_pair(held, held.champion), bootstrap)
    metrics = evaluate(held.task, held.labels, held.challenger)
    rival = held.baseline if held.champion is None else held.champion
    found = Verdict(
        outcome=_outcome(comparison, gate, gate.margin) if comparison else _outcome(baseline, gate, 0.0),
        promotable=False,
        reasons=(),
        comparison=comparison,
        baseline=baseline,
        floors=tuple(_check(name, limit, metrics[name]) for name, limit in gate.floors.items()),
        slices=slices.report(_pair(held, rival), held.slices, bootstrap, min_rows=gate.min_slice_rows),
        challenger_metrics=metrics,
        champion_metrics=None if held.champion is None else evaluate(held.task, held.labels, held.champion),
        baseline_metrics=evaluate(held.task, held.labels, held.baseline),
        holdout=_facts(held),
        champion_version=held.champion_version,
    )
    decided = replace(found, promotable=_promotable(found, gate))
    return replace(decided, reasons=explain(decided, gate))


def _outcome(comparison: Comparison, gate: GateSpec, margin: float) -> Outcome:
    if comparison.rows < gate.min_rows or not comparison.usable:
        return "undecided"
    if comparison.low > 0:
        return "better"
    if comparison.low > -margin:
        return "not_worse"
    return "worse" if comparison.high < -margin else "undecided"


def _promotable(found: Verdict, gate: GateSpec) -> bool:
    not_worse_will_do = gate.rule == "not_worse" and found.comparison is not None
    return (
        (found.outcome == "better" or (found.outcome == "not_worse" and not_worse_will_do))
        and found.baseline.beaten
        and all(floor.passed for floor in found.floors)
    )


def _check(metric: str, limit: float, value: float) -> FloorCheck:
    """Return whether ``value`` is at the limit or on its good side; nan is not."""
    return FloorCheck(metric, limit, value, passed=METRICS[metric].gain(value, limit) >= 0)


def _pair(held: Holdout, rival: FloatArray) -> Pair:
    return Pair(held.labels, held.challenger, rival, held.days)


def _facts(held: Holdout) -> HoldoutFacts:
    return HoldoutFacts(
        rows=len(held.labels),
        days=len(np.unique(held.days)),
        seen_rows_removed=held.seen_rows_removed,
        unlabelled_rows=held.unlabelled_rows,
        start=held.start,
        end=held.end,
    )
