"""How often a challenger that is no better is promoted as better."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from benchmarks.gate.gates import (
    ALPHA,
    METRICS,
    RESAMPLES,
    difference,
    gate_of,
    holdout,
    over_rows,
    paired_test,
    promotes,
)
from benchmarks.gate.world import World, draw
from benchmarks.markdown import Section, Table
from benchmarks.repetition import AGAIN, Cell, Rate, Runner, generator, highest, rate
from tasks.data.matrix import FloatArray
from tasks.judgement.gate import judge
from tasks.judgement.significance import Pair, compare
from tasks.metrics import find_metric

REPETITIONS = 1000
SIZES = (500, 2_000, 20_000)
DAYS = {"independent rows": 0, "28 days": 28, "14 days": 14, "5 days": 5}
FEW_RESAMPLES = 500
"""For 20,000 independent rows: drawing them takes a quarter of a second for a thousand resamples."""
_DEAR, _FEW_REPETITIONS, _JUDGED = 20_000, 200, 3
_OURS, _POINT, _PLAIN, _AGREES = range(4)


@dataclass(frozen=True)
class Case:
    """One setting, and its name in the table."""

    name: str
    world: World
    metrics: tuple[str, ...] = METRICS


@dataclass(frozen=True)
class Found:
    """How often each rule promoted, by metric."""

    case: Case
    votes: FloatArray
    """Shape (repetitions, metrics, rules); nan where a rule was not asked."""
    ours: Mapping[str, Cell]

    def rate(self, metric: str, rule: int) -> Rate:
        return rate(self.votes[:, METRICS.index(metric), rule])

    @property
    def above(self) -> list[str]:
        """The cells in which more was promoted than alpha and chance allow."""
        where = f"{self.case.name}, n = {self.case.world.rows:,}"
        wrong = {metric: cell for metric, cell in self.ours.items() if not cell.within(ALPHA)}
        return [f"{find_metric(metric).label}, {where}: {cell} %" for metric, cell in wrong.items()]


def study(runner: Runner) -> Section:
    promised = [_run(runner, Case(name, World(rows, days))) for name, days in DAYS.items() for rows in SIZES]
    beyond = [
        _run(runner, Case("28 days, each half like the last", World(rows, 28, carry=0.5)), promised=False)
        for rows in SIZES[1:]
    ]
    checked = np.concatenate([found.votes[..., _AGREES].ravel() for found in promised])
    agreed, asked = int(np.nansum(checked)), int((~np.isnan(checked)).sum())
    limit = 100 * highest(ALPHA, REPETITIONS)
    above = [cell for found in promised for cell in found.above]
    return Section(
        title="A challenger that is no better",
        shows=(
            f"Two models of exactly the same quality, each wrong in its own way: rule `better` may promote one at most "
            f"alpha = 5 % of the time, {limit:.1f} % with two standard errors allowed for chance, in each of "
            f"{len(promised) * len(METRICS)} cells."
        ),
        missed=(f"promoted more often in {'; '.join(above)}",) if above else (),
        parts=(_table(promised), _plain_words(promised), _table(beyond), _BEYOND),
        simulated=_SIMULATED.format(agreed=agreed, asked=asked, again=AGAIN),
    )


def _run(runner: Runner, case: Case, *, promised: bool = True) -> Found:
    votes = np.array(runner.repeat(_one, case, REPETITIONS))
    ours = {}
    for place, metric in enumerate(METRICS):
        first = rate(votes[:, place, _OURS])
        settled = first.within(ALPHA) or not promised
        ours[metric] = Cell(first, None if settled else _again(runner, replace(case, metrics=(metric,))))
    return Found(case, votes, ours)


def _again(runner: Runner, case: Case) -> Rate:
    return rate(np.array(runner.repeat(_one, case, AGAIN, REPETITIONS))[:, 0, _OURS])


def _one(case: Case, number: int) -> FloatArray:
    pair = draw(case.world, generator("no difference", case, number))
    return np.array([_votes(metric, pair, case.world, number) for metric in case.metrics])


def _votes(metric: str, pair: Pair, world: World, number: int) -> tuple[float, ...]:
    dear = world.rows >= _DEAR
    test = paired_test(metric, number, resamples=FEW_RESAMPLES if dear and not world.days else RESAMPLES)
    ours, plain, agrees = compare(pair, test), nan, nan
    if world.days and number < (_FEW_REPETITIONS if dear else REPETITIONS):
        plain = promotes(compare(over_rows(pair), paired_test(metric, number, resamples=200)))
    if number < _JUDGED and not dear:
        gate = gate_of(metric, pair, rule="better", resamples=test.resamples, search_slices=0)
        agrees = (judge(holdout(pair), gate, number).outcome == "better") == promotes(ours)
    return float(promotes(ours)), float(difference(metric, pair) > 0), float(plain), float(agrees)


def _table(found: list[Found]) -> Table:
    labels = [find_metric(metric).label for metric in METRICS]
    head = ("rows", "n", *labels, "point comparison", *(f"over rows: {label}" for label in labels))
    return Table(head, [_line(cell) for cell in found])


def _line(found: Found) -> list[str]:
    ours, plain = map(str, found.ours.values()), (str(found.rate(metric, _PLAIN)) for metric in METRICS)
    point = str(found.rate("roc_auc", _POINT))
    return [found.case.name, f"{found.case.world.rows:,}", *ours, point, *plain]


def _plain_words(found: list[Found]) -> str:
    worst = max(cell.rate(metric, _PLAIN).value for cell in found if cell.case.world.days for metric in METRICS)
    return (
        f"Columns 3 to 5 are ours, then a bare comparison of ROC AUC, and last a test of the same rows that takes them "
        f"for independent (DeLong for ROC AUC, else a bootstrap over rows). Where rows share days that one promotes up "
        f"to {100 * worst:.0f} % of the time, the more the larger the holdout is. Days depend on each other in the "
        f"next table, and nothing is promised for it:"
    )


_BEYOND = (
    "If a day is like the day before, blocks of one day are not independent, and the rate is above alpha: "
    'write a longer `gate.block`, such as `"7d"`, for such a world, and a holdout that has ten or more of them.'
)
_SIMULATED = (
    "Simulated: true log-odds are a signal that both models know and the storm of the day that neither knows; a model "
    "says the signal plus an error of its own for each row and, where rows share days, a shift and a slope of its own "
    "for each day. 1,000 repetitions of each cell; one that is above what chance allows is run again with {again:,} "
    "fresh repetitions, which decide. 1,000 resamples (500 for 20,000 independent rows; 200 for the test "
    "over rows, in 200 repetitions at n = 20,000). Four to nine days go by the jackknife. "
    "`judge()` said the same as `compare()` in {agreed} of {asked} cases that were asked both ways."
)
