"""Real flights whose days come in another order: half of them are the reference of the other half."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.drift.stable_years import Realised, Trial, learned_of, profile_of, trial
from benchmarks.repetition import Runner, generator
from tasks.data.contract import load_contract
from tasks.data.demo import flights_file
from tasks.monitoring.profile.profile import Blocks, Profile
from tasks.monitoring.windows import event_times
from tasks.settings import load_settings

_SHUFFLES = 80
_DAY = 86_400_000_000
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


def realised(runner: Runner) -> list[Realised]:
    """Return the alarms a year of each way to shuffle."""
    return [_realised(runner, shuffle) for shuffle in FLIGHTS]


def _realised(runner: Runner, shuffle: Shuffle) -> Realised:
    trials = runner.repeat(_flights, shuffle, _SHUFFLES)
    return Realised(shuffle.name, trials, len(trials) / 2)


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
