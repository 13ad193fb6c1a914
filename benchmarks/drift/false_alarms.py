"""How many alarms a year there are when nothing changes, beside how many were asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.drift import shuffled_flights
from benchmarks.drift.stable import WINDOW, YEAR, World, count, table, words
from benchmarks.drift.stable_years import ASKED, HIGH, LOW, Realised, Trial, learned_of, profile_of, trial
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner, generator
from tasks.monitoring.profile.profile import Binning, Profile
from tasks.monitoring.profile.usual import LEAST, Least

SIZES = {5: (200, 1), 30: (50, 4), 200: (20, 10)}
"""By columns: worlds, each with a reference of its own, and the years of checks in each; 200 years in all."""
ROWS = (200, 2_000, 50_000)
_WORLDS, _YEARS = 40, 5


@dataclass(frozen=True)
class Case:
    """One setting, and its name in the table."""

    name: str
    world: World
    worlds: int = _WORLDS
    years: int = _YEARS
    reference: int = YEAR
    """Days."""
    by_rows: bool = False
    """Rows are drawn, and bins learned from those of the reference."""
    least: Least = LEAST


GRID = [
    Case(f"{columns} columns, {rows:,} rows", World(columns, rows), *SIZES[columns])
    for columns in SIZES
    for rows in ROWS
]
HOWEVER_SMALL = [
    replace(case, name=f"{case.name}, changes of any size", least=Least(0, 0, 0, 0))
    for case in GRID
    if case.world.rows == max(ROWS)
]
"""The large windows, where most of what chance does is too small to matter: here all of it counts."""
BESIDE = [
    *(
        Case(f"days alike: {carry:g} from day to day", World(30, 2_000, wander=0.1, carry=carry))
        for carry in (0.5, 0.7, 0.9)
    ),
    Case("weekends differ by 0.2 sigma", World(30, 2_000, weekend=0.2)),
    Case("columns correlated by 0.7", World(30, 2_000, shared=0.7), worlds=16, by_rows=True),
    *(
        Case(f"a reference of {days} days, {rows:,} rows", World(30, rows), reference=days)
        for days in (60, 120)
        for rows in (200, 2_000)
    ),
    Case("5 columns, rows drawn and bins learned", World(5, 2_000), by_rows=True),
    Case("the same, 600 different words in each", World(5, 2_000, kinds=(words(600),)), by_rows=True),
]


def study(runner: Runner) -> Section:
    grid, small, beside = ([_run(runner, case) for case in cases] for cases in (GRID, HOWEVER_SMALL, BESIDE))
    every = [*grid, *small, *beside, *shuffled_flights.realised(runner)]
    return Section(
        title="Alarms when nothing changes",
        shows=f"Asked {ASKED:g} alarms a year, got {min(one.mean for one in grid):.2f} to "
        f"{max(one.mean for one in grid):.2f} where days are independent, whatever the columns and rows. The goal, for "
        f"every line of this section: {ASKED:g} lies in the 95 % interval of what was got, or that is {LOW:g} to "
        f"{HIGH:g} times {ASKED:g}, or less because all that chance does is too small to matter.",
        missed=tuple(f"{one.name}: asked {ASKED:g}, got {one}" for one in every if not one.right),
        parts=(
            _matrix(grid),
            "Beside these, 30 columns and windows of 2,000 rows where nothing else is said, and real "
            "flights; and what it was that alarmed:",
            Table(_HEAD, [_line(one) for one in every]),
            _ALARMED,
        ),
        simulated=_SIMULATED,
    )


def _run(runner: Runner, case: Case) -> Realised:
    trials = runner.repeat(_one, case, case.worlds)
    return Realised(case.name, trials, len(trials) * case.years)


def _one(case: Case, number: int) -> Trial:
    random = generator("false alarms", case, number)
    days = _by_rows(case, random) if case.by_rows else _counted(case, random)
    reference = days(case.reference)
    return trial(reference, [days(YEAR + WINDOW - 1) for _ in range(case.years)], number, least=case.least)


def _counted(case: Case, random: np.random.Generator) -> Callable[[int], Profile]:
    return lambda days: count(case.world, case.world.levels(days, random), random)


def _by_rows(case: Case, random: np.random.Generator) -> Callable[[int], Profile]:
    """Return what draws the rows of so many days and counts them, in the bins of those that were drawn first."""
    learned: list[Binning] = []

    def days(many: int) -> Profile:
        rows, day = table(case.world, case.world.levels(many, random), random)
        learned[:] = learned or [learned_of(rows)]
        return profile_of(rows, learned[0], day)

    return days


def _matrix(grid: Sequence[Realised]) -> Table:
    cells = [str(one) for one in grid]
    lines = [[f"{columns} columns", *cells[len(ROWS) * at :][: len(ROWS)]] for at, columns in enumerate(SIZES)]
    return Table((f"asked {ASKED:g} a year, got", *(f"{rows:,} rows a window" for rows in ROWS)), lines)


_HEAD = ("", "got", "years", "limit", "shape or location", "missing or unseen", "volume")


def _line(one: Realised) -> list[str]:
    above = sum((trial.above for trial in one.trials), np.zeros(5))
    parts = np.array([above[:2].sum(), above[2:4].sum(), above[4]]) / max(above.sum(), 1)
    limit = float(np.mean([trial.limit for trial in one.trials]))
    return [one.name, f"{one}", f"{one.years:.0f}", f"{limit:.1f}", *(f"{100 * part:.0f} %" for part in parts)]


_ALARMED = (
    "The limit is in spreads from what is usual, a mean over references; the last columns say what was strongest in "
    "the checks above it. In large windows what chance does is too small to matter, and counts as none: there the "
    "limit is the lowest that there is, 2, and there are fewer alarms than were asked for. Of the same windows, with "
    'changes of any size counted, the lines "changes of any size" tell.'
)
_SIMULATED = (
    f"Simulated: 365 days of reference, then years of daily checks of the last {WINDOW} days. An alarm that goes on "
    "counts once a window. Columns take turns: a number, a number with 10 % missing, a number of six values, six "
    "words, and twenty words of which 2 % are missing; a day has a Poisson number of rows. Where nothing else is said "
    "rows, days and columns are independent, and their counts are drawn straight from multinomials. Days alike: the "
    "mean of each column wanders from day to day by 0.1 sigma, an autoregression. Flights: the features of the "
    "contract; half of the days, shuffled, are the reference of the other half. There is one year of flights, so the "
    "± of its lines is only that of the order of the days. It is not all stable: most of its alarms are 8 and 9 "
    "February, when flights were cancelled and up to 38 % of planes are unknown, and the last two days, which have "
    "hardly any weather. These two were left out of two lines after that had been seen."
)
