"""What triage says of each trouble: fourteen, at three severities, on three data sets, and of windows without any."""

from dataclasses import replace
from functools import cache
from itertools import chain

import pyarrow as pa

from benchmarks.drift.confusion import Judged, section
from benchmarks.drift.datasets import credit, flights, shop
from benchmarks.drift.faults import FAULTS, SEVERITIES, Targets, abrupt_drift, season
from benchmarks.drift.watched import WINDOW, Verdict, Watched, Window, with_past
from benchmarks.markdown import Section
from benchmarks.repetition import Runner
from tasks.monitoring.triage import Columns, Trouble
from tasks.settings import load_settings

_WINDOWS = 4
_SEED = 101
"""None that was looked at when the thresholds of triage were chosen."""
_CHECKS = 3
"""Earlier checks, a window apart, that triage is told of."""
_NOTHING = Targets(Columns("", (), ""), "", ("", ""), "", (1, 0), 0, "")
_TARGETS = {
    "flights": replace(
        _NOTHING,
        number="temp",
        swap=("temp", "dewp"),
        word="carrier",
        convert=(5 / 9, -160 / 9),
        hours=5,
        shift="distance",
    ),
    "shop": replace(
        _NOTHING,
        number="temperature",
        swap=("visitors", "price"),
        word="store",
        convert=(5 / 9, -160 / 9),
        hours=5,
        shift="distance_km",
    ),
    "credit": replace(
        _NOTHING, number="amount", swap=("age", "months"), word="channel", convert=(100, 0), hours=-6, shift="income"
    ),
}
_DAYS = {"flights": (131, 187, 229, 327), "shop": (447, 503, 559, 615), "credit": (133, 161, 189, 217)}
"""The first days of the windows."""


@cache
def watched(name: str, seed: int) -> Watched:
    """Return a champion in use; data that are simulated differ by ``seed``."""
    match name:
        case "flights":
            data, metric, learned = flights(0, load_settings()), "roc_auc", 90
        case "shop":
            data, metric, learned = shop(seed, rows_a_day=300), "mae", 400
        case _:
            data, metric, learned = credit(seed, rows_a_day=800), "roc_auc", 80
    return Watched(data, replace(_TARGETS[name], columns=data.columns), metric, learned)


def judge(case: tuple[str, int, int]) -> list[Judged]:
    """Return what triage says of one window of a data set (name, seed, first day), whole and with each trouble."""
    name, seed, day = case
    world = watched(name, seed if name != "flights" else 0)
    earlier = tuple(world.window(day - WINDOW * back) for back in range(_CHECKS, 0, -1))
    window = with_past(world, world.window(day), earlier)
    whole = world.check(window)
    blank = Judged(
        name, day, "quiet", 0.0, "nothing", "quiet", "", loses=False, by_itself=name == "flights" and whole.loses
    )
    found = [_judged(blank, whole)]
    for trouble, _ in FAULTS:
        for severity in SEVERITIES:
            verdict = world.check(_with_trouble(world, window, trouble, severity))
            found.append(_judged(replace(blank, trouble=trouble, severity=severity), verdict))
    return found


def _judged(blank: Judged, found: Verdict) -> Judged:
    said = found.diagnosis
    return replace(blank, action=said.action, said=said.kind, sentence=said.sentence, loses=found.loses)


def _with_trouble(world: Watched, window: Window, trouble: Trouble, severity: float) -> Window:
    """Return the window with a trouble; one that grows was there in earlier windows, a season a year ago."""

    def fault(table: pa.Table) -> pa.Table:
        return dict(FAULTS)[trouble](table, world.targets, severity, window.day)

    if trouble == "season":
        ago = season(world.days(window.day - 2 * WINDOW, window.day), world.targets, severity, window.day)
        return replace(window, current=fault(window.current), year_ago=ago)
    if trouble == "gradual_drift":
        return _growing(world, window, severity)
    return replace(window, current=fault(window.current))


def _growing(world: Watched, window: Window, severity: float) -> Window:
    """Return the window with a drift that reaches ``severity`` in it, in equal steps since the first earlier check."""
    steps = _CHECKS + 1
    grown = []
    for back in range(_CHECKS, -1, -1):
        whole = world.window(window.day - WINDOW * back)
        drifted = abrupt_drift(whole.current, world.targets, severity * (steps - back) / steps, window.day)
        grown.append(replace(whole, current=drifted))
    return with_past(world, grown[-1], tuple(grown[:-1]))


def study(runner: Runner) -> Section:
    cases = [(name, _SEED + place, day) for name, days in _DAYS.items() for place, day in enumerate(days[:_WINDOWS])]
    cases = cases[:: _WINDOWS if runner.quick else 1]
    return section(list(chain.from_iterable(runner.pool.map(judge, cases))), _SIMULATED)


_SIMULATED = (
    f"{_WINDOWS} windows of {WINDOW} days of each of three sets of data: the flights of 2013, whose seasons and storms "
    "are real, and simulated shops and credits, drawn anew for each window. A LightGBM champion learned from the first "
    f"80 to 400 days, was promised on the 28 after them, and is checked as in the live loop, with the {_CHECKS} checks "
    "before. A severity is the share of the rows that are in trouble; a drift of the concept gives so many rows "
    "another row's label, and a gradual one has grown over four windows. Right is: to fix the data when the feed is "
    "broken; to retrain when the concept drifts and a loss is shown; and to do neither in all other windows, except "
    "that weeks of flights that lose without any trouble may be trained again. The shops and credits were drawn with "
    "seeds that had not been looked at when thresholds were chosen. The flights are those of one year: weeks that "
    "overlap with these had been looked at, so theirs is no test on new data."
)
