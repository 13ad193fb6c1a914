"""How often a challenger that is worse by exactly the margin is promoted as not worse."""

from dataclasses import dataclass

from benchmarks.gate.gates import ALPHA, paired_test, promotes
from benchmarks.gate.world import NOISE, World, draw, worse_by
from benchmarks.markdown import Section, Table
from benchmarks.repetition import AGAIN, Cell, Runner, generator, rate
from tasks.judgement.significance import compare
from tasks.metrics import find_metric

REPETITIONS = 1000
SIZES = {"roc_auc": (500, 2_000, 20_000), "log_loss": (500, 2_000), "accuracy": (500, 2_000)}
"""Without 20,000 rows for those whose test draws rows: it is shown for equal models, and takes minutes."""
DAYS = {"independent rows": 0, "28 days": 28, "14 days": 14, "5 days": 5}


@dataclass(frozen=True)
class Case:
    """The world, and by which metric its challenger is worse by the margin."""

    metric: str
    world: World


def study(runner: Runner) -> Section:
    found = {
        (name, metric, rows): _run(runner, metric, rows, days)
        for name, days in DAYS.items()
        for metric, sizes in SIZES.items()
        for rows in sizes
    }
    above = [
        f"{name}, {find_metric(metric).label}, n = {rows:,}: {cell} %"
        for (name, metric, rows), cell in found.items()
        if not cell.within(ALPHA)
    ]
    return Section(
        title="A challenger that is worse by exactly the margin",
        shows=(
            "Rule `not_worse` with its default margin (0.005 for all three metrics) may promote a challenger whose "
            f"true quality is worse by exactly the margin at most alpha = 5 % of the time, two standard errors allowed "
            f"for chance, in each of {len(found)} cells."
        ),
        missed=(f"promoted more often: {'; '.join(above)}",) if above else (),
        parts=(_table(found),),
        simulated=_SIMULATED,
    )


def _run(runner: Runner, metric: str, rows: int, days: int) -> Cell:
    points = 100 * find_metric(metric).tolerance.size
    noise = worse_by(metric, points, days=days > 0)
    case = Case(metric, World(rows, days, challenger=noise, champion=NOISE))
    first = rate(runner.repeat(_one, case, REPETITIONS))
    return Cell(first, None if first.within(ALPHA) else rate(runner.repeat(_one, case, AGAIN, REPETITIONS)))


def _one(case: Case, number: int) -> float:
    pair = draw(case.world, generator("margin", case, number))
    margin = find_metric(case.metric).tolerance.size
    return float(promotes(compare(pair, paired_test(case.metric, number)), margin))


def _table(found: dict[tuple[str, str, int], Cell]) -> Table:
    cells = [(metric, rows) for metric, sizes in SIZES.items() for rows in sizes]
    head = ("rows", *(f"{find_metric(metric).label}, n = {rows:,}" for metric, rows in cells))
    return Table(head, [[name, *(str(found[name, *cell]) for cell in cells)] for name in DAYS])


_SIMULATED = (
    "Simulated: the world of the first section; the challenger's errors on single rows are so much larger that its "
    "metric on endlessly many rows and days is worse by the margin (found by quasi-random integration, good to about "
    f"0.01 points). {REPETITIONS:,} repetitions of each cell; one that is above what chance allows is "
    f"run again with {AGAIN:,} fresh repetitions, which decide."
)
