"""How often a better challenger is promoted, beside the best test that there is on the same rows."""

from dataclasses import dataclass
from math import nan

import numpy as np

from benchmarks.gate.gates import ALPHA, difference, paired_test, promotes
from benchmarks.gate.world import NOISE, World, draw, worse_by
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner, generator, rate
from tasks.data.matrix import FloatArray
from tasks.judgement.resampling import bind
from tasks.judgement.significance import Pair, blocks_of, compare
from tasks.metrics import find_metric

REPETITIONS = {2_000: 1000, 20_000: 500}
METRICS = ("roc_auc", "accuracy")
POINTS = (1, 2, 4)
SETTINGS = (("independent rows", 0, 2_000), ("14 days", 14, 2_000), ("14 days", 14, 20_000), ("28 days", 28, 20_000))
GOAL = 0.03
_OURS, _T, _WITHIN, _DIFFERENCE = range(4)


@dataclass(frozen=True)
class Case:
    """A world whose challenger is better."""

    metric: str
    world: World


@dataclass(frozen=True)
class Found:
    """What came of one cell."""

    metric: str
    setting: tuple[str, int, int]
    points: int
    results: FloatArray
    """Shape (repetitions, 4): whether ours promoted, both t tests, and the difference."""

    @property
    def oracle(self) -> FloatArray:
        """Whether the test promotes that knows how far differences are spread."""
        from scipy.special import ndtri

        differences = self.results[:, _DIFFERENCE]
        return np.asarray(differences > ndtri(1 - ALPHA) * differences.std(), dtype=np.float64)

    @property
    def best(self) -> FloatArray:
        """The best test that is not told more than the rows: for independent rows there is no gap to the oracle's."""
        return self.results[:, _T] if self.setting[1] else self.oracle

    @property
    def given_up(self) -> tuple[float, float]:
        """How much less often ours promotes than the best test, and the standard error of that."""
        gap = self.best - self.results[:, _OURS]
        return float(gap.mean()), float(gap.std() / np.sqrt(len(gap)))

    @property
    def unknowing(self) -> float:
        """How much less often ours promotes than the test that knows how far differences are spread."""
        return float((self.oracle - self.results[:, _OURS]).mean())

    def line(self) -> list[str]:
        name, _, rows = self.setting
        gap, error = (100 * value for value in self.given_up)
        shown = (rate(self.results[:, _OURS]), rate(self.best), rate(self.oracle), rate(self.results[:, _WITHIN]))
        start = [f"{find_metric(self.metric).label}, {name}", f"{rows:,}", f"+{self.points}"]
        return [*start, *map(str, shown), f"{gap:+.1f} ± {error:.1f}"]


def study(runner: Runner) -> Section:
    found = [_run(runner, m, setting, points) for m in METRICS for setting in SETTINGS for points in POINTS]
    above = [" ".join(cell.line()[:3]) for cell in found if cell.given_up[0] > GOAL]
    most, fewest = max(cell.given_up[0] for cell in found), min(cell.given_up[0] for cell in found)
    unknowing = max(cell.unknowing for cell in found)
    head = ("", "n", "points better", "ours", "best test", "known variance", "days apart", "given up")
    return Section(
        title="A challenger that is better",
        shows=(
            "Power: how often rule `better` promotes a challenger that is 1, 2 or 4 points better. Beside the best "
            f"test that is told no more than the rows, between {100 * fewest:+.1f} and {100 * most:+.1f} points of "
            "power are given up; the goal is at most 3. Beside a test that knows how far differences are spread, as "
            f"nobody does, it is up to {100 * unknowing:.1f}."
        ),
        missed=(f"more than 3 points of power are given up: {'; '.join(above)}",) if above else (),
        parts=(Table(head, [cell.line() for cell in found]), _WORDS),
        simulated=_SIMULATED,
    )


def _run(runner: Runner, metric: str, setting: tuple[str, int, int], points: int) -> Found:
    _, days, rows = setting
    champion = worse_by(metric, points, days=days > 0)
    case = Case(metric, World(rows, days, challenger=NOISE, champion=champion))
    return Found(metric, setting, points, np.array(runner.repeat(_one, case, REPETITIONS[rows])))


def _one(case: Case, number: int) -> tuple[float, ...]:
    pair = draw(case.world, generator("power", case, number))
    ours = promotes(compare(pair, paired_test(case.metric, number)))
    if not case.world.days:
        return float(ours), nan, nan, difference(case.metric, pair)
    within = np.array([difference(case.metric, pair.rows(pair.blocks == day)) for day in np.unique(pair.blocks)])
    return float(ours), _student(_shares(case.metric, pair)), _student(within), difference(case.metric, pair)


def _shares(metric: str, pair: Pair) -> FloatArray:
    """Return what each day adds to the difference: Tukey's pseudo-values."""
    measure, blocks = find_metric(metric), blocks_of(pair.blocks)
    without = 1 - np.eye(blocks.count)
    one, other = (bind(measure, pair.labels, said, blocks)(without) for said in (pair.challenger, pair.rival))
    return blocks.count * difference(metric, pair) - (blocks.count - 1) * (one - other)


def _student(days: FloatArray) -> float:
    """Return whether Student's t of the days' values promotes; a day that has none is left out."""
    from scipy.special import stdtrit

    known = days[~np.isnan(days)]
    error = known.std(ddof=1) / np.sqrt(len(known))
    return float(known.mean() > stdtrit(len(known) - 1, 1 - ALPHA) * error)


_WORDS = (
    "The best test: for independent rows the z test of the same difference with its variance known; for days Student's "
    "t of what each day adds to the difference (Tukey's pseudo-values; of a mean they are the days' own differences). "
    "The test with known variance knows what no test of 14 days can know, how much days differ: what it promotes more "
    "often than the t test is the price of not knowing that. \"Days apart\" is Student's t of each day's own metric. "
    "For accuracy it is nearly the same. For ROC AUC it asks another question, how well rows are ranked within a "
    "day: it never sees a score that is too high for all rows of a day, which the ROC AUC of all rows does see, and "
    "so it has less to overcome. It is shown for honesty, and is no test of the metric that the spec names."
)
_SIMULATED = (
    "Simulated: the world of the first section; the champion's errors on single rows are so much larger that it is "
    "worse by so many points on endlessly many rows and days. 1,000 repetitions of each cell, 500 at n = 20,000, all "
    "tests on the same rows; the known variance is that of the repetitions. A negative number given up: ours promoted "
    "more often."
)
