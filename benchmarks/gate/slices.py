"""Slices: a loss that a gain overall would hide, and slices in which there is nothing to see."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from benchmarks.gate.gates import ALPHA, Beside, gate_of, holdout, paired_test
from benchmarks.gate.world import NOISE, Truth, World, draw, worse_by
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner, generator, highest, rate
from tasks.data.matrix import FloatArray
from tasks.judgement.gate import judge
from tasks.judgement.measuring import SLICE_MARGINS
from tasks.judgement.multiplicity import holm
from tasks.judgement.partition import Partition
from tasks.judgement.search import SearchRules, search
from tasks.judgement.significance import Pair, PairedTest
from tasks.judgement.slices import FOUND, SliceRules, report, report_suspects
from tasks.judgement.verdict import SliceReport, Verdict
from tasks.metrics import find_metric
from tasks.metrics.losses import log_loss

PLANTED, BESIDE, NOISE_SLICES = 400, 150, 1000
GOAL, LOSS, GAIN, DAYS = 0.95, 10, 2, 14
_SIZES = (0.05, 0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.05)
"""Shares of the values of the planted column; the first one is where the challenger is worse."""
_RULES = SliceRules(min_rows=100, margin=0.0)
How = Literal["declared", "not declared, one feature", "not declared, two features"]


@dataclass(frozen=True)
class Planted:
    """A challenger that is better, but not on a twentieth of the rows."""

    rows: int
    how: How
    shared: float


@dataclass(frozen=True)
class Nothing:
    """Ten columns of ten values that have nothing to do with the errors of two equally good models."""

    rows: int
    metric: str


_HOWS: tuple[How, How, How] = ("declared", "not declared, one feature", "not declared, two features")
_USUAL = 0.5
PLANTS = (
    *(Planted(rows, how, _USUAL) for rows in (20_000, 5_000) for how in _HOWS),
    *(Planted(20_000, "declared", shared) for shared in (0.8, 0.0)),
)
"""The first one is what the goal is about."""
NOTHINGS = (Nothing(5_000, "roc_auc"), Nothing(20_000, "accuracy"))


def study(runner: Runner) -> Section:
    planted = {case: np.array(runner.repeat(_plant, case, BESIDE)) for case in PLANTS[1:]}
    planted = {PLANTS[0]: np.array(runner.repeat(_plant, PLANTS[0], PLANTED)), **planted}
    nothing = {case: np.array(runner.repeat(_nothing, case, NOISE_SLICES)) for case in NOTHINGS}
    refused = rate(planted[PLANTS[0]][:, 0])
    missed = [] if refused.reaches(GOAL) else [f"the planted loss is refused in {refused} %, not 95 %"]
    missed += [
        f"{find_metric(case.metric).label}: false refusals {rate(votes[:, place])} %"
        for case, votes in nothing.items()
        for place in range(3)
        if not rate(votes[:, place]).within(ALPHA)
    ]
    return Section(
        title="Slices",
        shows=(
            f"A loss of {LOSS} points of ROC AUC on a declared slice of 5 % of 20,000 rows, hidden by a gain overall, "
            f"is refused in {refused} % (goal: 95 %); among 100 slices in which the models do not differ, one causes a "
            f"false refusal at most alpha = 5 % of the time ({100 * highest(ALPHA, NOISE_SLICES):.1f} % with two "
            "standard errors allowed for chance)."
        ),
        missed=tuple(missed),
        parts=(_planted_table(planted), _SEARCH, _nothing_table(nothing)),
        simulated=_SIMULATED,
    )


def _plant(case: Planted, number: int) -> tuple[float, ...]:
    """Return whether the slices stopped it, the planted one by name, and the gain overall in points."""
    numbers = generator("planted", case, number)
    columns, worse = _columns(case, numbers)
    truth = Truth.draw(World(case.rows, DAYS, shared=case.shared), numbers)
    champion = truth.predictions(np.full(case.rows, NOISE), numbers)
    pair = Pair(truth.labels, truth.predictions(_noise(worse), numbers), champion, truth.blocks)
    slices = {"region": columns["region"]} if case.how == "declared" else {}
    verdict = judge(holdout(pair, Beside(slices=slices, features=columns)), gate_of("roc_auc", pair), number)
    stopped = any(check.gate == "slices" and check.stops for check in verdict.checks)
    assert verdict.comparison is not None
    gain, error = verdict.comparison.difference, verdict.comparison.error
    return float(stopped), float(_named(verdict, case.how)), 100 * gain, 100 * error


def _columns(case: Planted, numbers: np.random.Generator) -> tuple[dict[str, Partition], npt.NDArray[np.bool_]]:
    """Return ten columns that the models' users know of, and in which rows the challenger is worse."""
    columns = {f"c{i}": _column(f"c{i}", numbers.integers(0, 6, case.rows), 6) for i in range(8)}
    if case.how == "not declared, two features":
        a, b = numbers.integers(0, 5, case.rows), numbers.integers(0, 4, case.rows)
        columns |= {"region": _column("region", a, 5), "kind": _column("kind", b, 4)}
        return columns, (a == 0) & (b == 0)
    region = numbers.choice(len(_SIZES), case.rows, p=_SIZES)
    kind = numbers.integers(0, 4, case.rows)
    columns |= {"region": _column("region", region, len(_SIZES)), "kind": _column("kind", kind, 4)}
    return columns, region == 0


def _column(name: str, codes: npt.NDArray[np.int64], count: int) -> Partition:
    return Partition(codes, tuple(f"{name} = {code}" for code in range(count)))


def _noise(worse: npt.NDArray[np.bool_]) -> FloatArray:
    bad, good = _noises()
    return np.where(worse, bad, good)


@cache
def _noises() -> tuple[float, float]:
    return worse_by("roc_auc", LOSS, days=True), worse_by("roc_auc", -GAIN, days=True)


def _named(verdict: Verdict, how: How) -> bool:
    """Say whether the slice that was marked is the planted one."""
    marked = {(found.column, result.value) for found in verdict.slices for result in found.results if result.regressed}
    names = {
        "declared": ("region", "region = 0"),
        "not declared, one feature": (FOUND, "region = 0"),
        "not declared, two features": (FOUND, "region = 0 and kind = 0"),
    }
    return names[how] in marked


def _nothing(case: Nothing, number: int) -> tuple[float, ...]:
    """Return whether any slice is marked: of 100 with no margin, with the default one, and of searched ones alone."""
    numbers = generator("nothing", case, number)
    pair = draw(World(case.rows, DAYS), numbers)
    columns = {f"c{i}": _column(f"c{i}", numbers.integers(0, 10, case.rows), 10) for i in range(10)}
    test, default = paired_test(case.metric, number), SLICE_MARGINS * find_metric(case.metric).tolerance.size
    declared = [result.comparison for found in report(pair, columns, test, _RULES) for result in found.results]
    searched = [result.comparison for found in _searched(pair, columns, test) for result in found.results]
    tests = ((declared, 0.0), (declared, default), (searched, 0.0))
    return tuple(float(any(holm([c.p_worse(margin) for c in found if c], ALPHA))) for found, margin in tests)


def _searched(pair: Pair, columns: dict[str, Partition], test: PairedTest) -> list[SliceReport]:
    gains = log_loss(pair.labels, pair.rival) - log_loss(pair.labels, pair.challenger)
    return report_suspects(pair, search(gains, pair.blocks, columns, SearchRules(3, _RULES.min_rows)), test, _RULES)


def _planted_table(planted: dict[Planted, FloatArray]) -> Table:
    head = ("the slice of 5 %", "n", "errors in common", "refused", "named", "gain overall", "its standard error")
    lines = []
    for case, found in planted.items():
        gain, error = found[:, 2:].mean(axis=0)
        told = (str(rate(found[:, 0])), str(rate(found[:, 1])), f"{gain:+.1f}", f"{error:.1f}")
        lines.append([case.how, f"{case.rows:,}", f"{100 * case.shared:.0f} %", *told])
    return Table(head, lines)


def _nothing_table(nothing: dict[Nothing, FloatArray]) -> Table:
    head = ("false refusals", "n", "100 slices, no margin", "100 slices, default margin", "searched slices, no margin")
    return Table(
        head,
        [
            [find_metric(case.metric).label, f"{case.rows:,}", *(str(rate(votes[:, place])) for place in range(3))]
            for case, votes in nothing.items()
        ],
    )


_SEARCH = (
    "Gains are in points of ROC AUC. The more of their errors two models have in common, the more clearly a difference "
    "is seen; where they share half of the variance, the standard error is about that of real flights (0.7 points, see "
    "below). A slice that nobody declared is looked for in half of the days and tested on the other half, so it must "
    "be larger or worse to be refused; this is measured, and nothing is promised for it. And slices in which nothing "
    "is to be seen:"
)
_SIMULATED = (
    f"Simulated: the world of the first section on {DAYS} days. The challenger is {GAIN} points of ROC AUC better than "
    f"the champion, and on the planted slice {LOSS} points worse; `judge()` with the default gate, ten columns for the "
    f"search, {PLANTED} repetitions of the first line and {BESIDE} of the others. False refusals: two models of the "
    f"same quality, ten random columns of ten values, all of them declared, {NOISE_SLICES:,} repetitions; with no "
    "margin each slice is at the border of what is to be refused, with the default margin (twice the gate's, 1 "
    "point) well inside of what is not."
)
