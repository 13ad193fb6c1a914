"""How many alarms a year there are when nothing changes, beside how many were asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.drift.stable import WINDOW, YEAR, World, count, rolling, table, words
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner, generator
from tasks.data.contract import load_contract
from tasks.data.demo import flights_file
from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.calibration import LEAST_LIMIT, Calibration, alarms, calibrate
from tasks.monitoring.profile.distance import Reference, measure
from tasks.monitoring.profile.profile import Binning, Blocking, Blocks, Profile, learn_binning, take_profile
from tasks.monitoring.profile.usual import Strengths, strengths
from tasks.monitoring.windows import event_times
from tasks.settings import load_settings

ASKED = 2.0
LEAST, MOST = 0.6, 1.3
"""Times what was asked for: a rate between them is near enough, whatever its interval."""
SIZES = {5: (200, 1), 30: (50, 4), 200: (20, 10)}
"""By columns: worlds, each with a reference of its own, and the years of checks in each; 200 years in all."""
ROWS = (200, 2_000, 50_000)
_WORLDS, _YEARS, _SHUFFLES = 40, 5, 80
_SAMPLE = 100_000
_DAY = 86_400_000_000
_NORMAL = 1.96


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


@dataclass(frozen=True)
class Trial:
    """What one reference came to."""

    rate: float
    """Alarms a year."""
    limit: float
    above: FloatArray
    """Checks above the limit by what was strongest, shape (shape, location, missing, unseen, volume)."""


@dataclass(frozen=True)
class Realised:
    """Alarms a year, over references."""

    name: str
    trials: Sequence[Trial]
    years: float

    @property
    def mean(self) -> float:
        return float(np.mean([trial.rate for trial in self.trials]))

    @property
    def error(self) -> float:
        """The standard error over references: years that share one are not independent."""
        return float(np.std([trial.rate for trial in self.trials], ddof=1) / np.sqrt(len(self.trials)))

    @property
    def right(self) -> bool:
        """Say whether the rate is the one asked for, or near enough."""
        near = LEAST * ASKED <= self.mean <= MOST * ASKED
        return near or self.small or abs(self.mean - ASKED) <= _NORMAL * self.error

    @property
    def small(self) -> bool:
        """Say whether there are fewer alarms than asked for because what chance does is too small to matter."""
        return self.mean < ASKED and all(trial.limit == LEAST_LIMIT for trial in self.trials)

    def __str__(self) -> str:
        return f"{self.mean:.2f} ± {self.error:.2f}"


GRID = [
    Case(f"{columns} columns, {rows:,} rows", World(columns, rows), *SIZES[columns])
    for columns in SIZES
    for rows in ROWS
]
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
_ENDS = 2
"""Days at the end of the flights, UTC, for which the package has no weather, or only some hours of flights."""


@dataclass(frozen=True)
class Shuffle:
    """Real flights, their days in another order."""

    name: str
    by_month: bool
    """Days stay in their month."""
    without: int = 0
    """Days at the end that are left out."""


FLIGHTS = [
    Shuffle("flights, days shuffled within their month", by_month=True),
    Shuffle("the same, without the last two days", by_month=True, without=_ENDS),
    Shuffle("without them, shuffled over the year", by_month=False, without=_ENDS),
]


def study(runner: Runner) -> Section:
    grid, beside = ([_run(runner, case) for case in cases] for cases in (GRID, BESIDE))
    flights = [_shuffles(runner, shuffle) for shuffle in FLIGHTS]
    every = [*grid, *beside, *flights]
    return Section(
        title="Alarms when nothing changes",
        shows=f"Asked {ASKED:g} alarms a year, got {min(one.mean for one in grid):.2f} to "
        f"{max(one.mean for one in grid):.2f} where days are independent, whatever the columns and rows. The goal, for "
        f"every line of this section: {ASKED:g} lies in the 95 % interval of what was got, or that is {LEAST:g} to "
        f"{MOST:g} times {ASKED:g}, or less because all that chance does is too small to matter.",
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


def _shuffles(runner: Runner, shuffle: Shuffle) -> Realised:
    trials = runner.repeat(_flights, shuffle, _SHUFFLES)
    return Realised(shuffle.name, trials, len(trials) / 2)


def _one(case: Case, number: int) -> Trial:
    random = generator("false alarms", case, number)
    days = _by_rows(case, random) if case.by_rows else _counted(case, random)
    reference = days(case.reference)
    return trial(reference, [days(YEAR + WINDOW - 1) for _ in range(case.years)], number)


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


def learned_of(rows: pa.Table) -> Binning:
    """Return the bins of ``rows``, learned from a sample as those of a champion are."""
    every = -(-rows.num_rows // _SAMPLE)
    return learn_binning(rows.take(pa.array(np.arange(0, rows.num_rows, every))), rows.column_names)[0]


def profile_of(rows: pa.Table, binning: Binning, day: Blocks) -> Profile:
    """Return the counts of each day."""
    batch = rows.combine_chunks().to_batches()[0]
    return take_profile([batch], binning, Blocking(int(day.max()) + 1, lambda _: day))


def trial(reference: Profile, later: Sequence[Profile], seed: int) -> Trial:
    """Return the alarms among ``later`` days at the limit that ``reference`` gives, with a check each day."""
    limits = calibrate(reference, window=WINDOW, checks_a_year=YEAR, alarms_a_year=ASKED, seed=seed)
    found = [check(reference, days, limits) for days in later]
    raised = sum(alarms((one.most > limits.limit)[None, :], WINDOW) for one in found)
    checks = sum(len(one.volume) for one in found)
    return Trial(
        raised * YEAR / checks, limits.limit, sum((_strongest(one, limits.limit) for one in found), np.zeros(5))
    )


def check(reference: Profile, days: Profile, limits: Calibration) -> Strengths:
    """Return how unusual each window of ``days`` is, as a check finds it."""
    base = Reference(reference.binning, reference.whole)
    rows = rolling(days.rows) / (reference.rows.mean() * WINDOW)
    return strengths(measure(rolling(days.counts), base), rows, limits.usual)


def _strongest(found: Strengths, limit: float) -> FloatArray:
    """Return how many checks are above ``limit`` because of each statistic, shape (5,)."""
    by = np.concatenate([found.columns.max(axis=2), found.volume[None, :]])
    return np.bincount(by.argmax(axis=0)[by.max(axis=0) > limit], minlength=5).astype(np.float64)


def _flights(shuffle: Shuffle, number: int) -> Trial:
    """Return the alarms of one order of the days."""
    rows, day, month = _year_of_flights()
    month = month[: len(month) - shuffle.without]
    halves = halved(month if shuffle.by_month else np.zeros_like(month), generator("flights", shuffle, number))
    binning = learned_of(rows.filter(pa.array(np.isin(day, halves[0]))))
    whole = profile_of(rows, binning, day)
    reference, later = (Profile(binning, whole.counts[half], whole.rows[half]) for half in halves)
    return trial(reference, [later], number)


def halved(part: Blocks, random: np.random.Generator) -> tuple[Blocks, Blocks]:
    """Return the days of two halves: those of each part of the year in another order, and every second one in each."""
    shuffled = np.lexsort([random.random(len(part)), part])
    return shuffled[::2], shuffled[1::2]


@cache
def _year_of_flights() -> tuple[pa.Table, Blocks, Blocks]:
    """Return the features of all flights, the day of each, and the month of each day."""
    settings = load_settings()
    flights = pq.read_table(flights_file(settings))
    times = event_times(flights, "scheduled_departure")
    features = load_contract("flight_delay", settings.contracts).names("feature")
    day = times // _DAY - times.min() // _DAY
    month = times.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    first = np.unique(day, return_index=True)[1]
    return flights.select([name for name in features if name != "scheduled_departure"]), day, month[first]


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
    "limit is the lowest that there is, 2, and there are fewer alarms than were asked for."
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
