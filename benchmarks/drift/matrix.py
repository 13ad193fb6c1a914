"""What triage says of each trouble: fourteen, at three severities, on three sets of data, and of windows without any."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pyarrow as pa

from benchmarks.drift.datasets import credit, flights, shop
from benchmarks.drift.faults import FAULTS, SEVERITIES, Targets, abrupt_drift, season
from benchmarks.drift.watched import WINDOW, Verdict, Watched, Window, with_past
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from tasks.monitoring.triage import Action, Columns, Trouble
from tasks.monitoring.triage.diagnosis import BROKEN
from tasks.settings import load_settings

MISJUDGED = 0.05
"""The goal: at most so many of the checks, and none that trains on a broken feed."""
ACTIONS: tuple[Action, ...] = ("fix_the_data", "retrain", "wait", "watch", "nothing")
_HARMLESS: frozenset[Action] = frozenset({"nothing", "watch", "wait"})
_DRIFTS: frozenset[str] = frozenset({"abrupt_drift", "gradual_drift"})
_WINDOWS = 4
_SEED = 101
_CHECKS = 3
"""Earlier checks, a window apart, that triage is told of."""
_NOTHING = Targets(Columns("", (), ""), "", ("", ""), "", (1, 0), 0, "")
_TARGETS = {
    "flights": replace(
        _NOTHING, number="temp", swap=("temp", "dewp"), word="carrier", convert=(5 / 9, -160 / 9), hours=5, shift="distance"
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
"""The first days of the windows; none of them was looked at when thresholds of triage were chosen."""


@dataclass(frozen=True)
class Judged:
    """What triage said of one window with a trouble, or of one without."""

    data: str
    day: int
    trouble: Trouble
    """"quiet": there is none."""
    severity: float
    action: Action
    said: Trouble
    sentence: str
    loses: bool
    """A loss is shown: it is more than chance makes of it."""

    @property
    def trains_on_a_fault(self) -> bool:
        return self.trouble in BROKEN and self.action == "retrain"

    @property
    def is_hidden(self) -> bool:
        """A drift that does not show yet as a loss: no rule can tell it from none."""
        return self.trouble in _DRIFTS and not self.loses

    @property
    def is_right(self) -> bool:
        if self.trouble in BROKEN:
            return self.action == "fix_the_data"
        if self.trouble in _DRIFTS and self.loses:
            return self.action == "retrain"
        return self.action in _HARMLESS


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


def judge(case: tuple[str, int, int], number: int) -> list[Judged]:
    """Return what triage says of one window of a data set (name, seed, first day), whole and with each trouble."""
    name, seed, day = case
    world = watched(name, seed if name != "flights" else 0)
    earlier = tuple(world.window(day - WINDOW * back) for back in range(_CHECKS, 0, -1))
    window = with_past(world, world.window(day), earlier)
    found = [_judged(world.check(window), case, "quiet", 0.0)]
    for trouble, _ in FAULTS:
        for severity in SEVERITIES:
            broken = _with_trouble(world, window, trouble, severity)
            found.append(_judged(world.check(broken), case, trouble, severity))
    return found


def _judged(found: Verdict, case: tuple[str, int, int], trouble: Trouble, severity: float) -> Judged:
    said = found.diagnosis
    return Judged(case[0], case[2], trouble, severity, said.action, said.kind, said.sentence, found.loses)


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
    found = [one for judged in runner.pool.map(judge, cases, range(len(cases))) for one in judged]
    return section(found)
