"""Who takes part beside our own policies: what people copy, two methods of the literature, and our stricter rule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from benchmarks.replay.cara import cara
from benchmarks.replay.copied import (
    ALARMED,
    WEEKLY,
    Copied,
    always,
    any_column_ks,
    any_column_psi,
    constant,
    fresh_split,
    point,
    shown,
    stored,
)
from benchmarks.replay.forecast import forecast
from tasks.replay.episodes import InUse
from tasks.replay.rulings import Ruling
from tasks.replay.trainings import Made
from tasks.spec import PolicySpec


@dataclass(frozen=True)
class Contestant:
    """A policy with a gate, an alarm or both that are not those of our defaults."""

    name: str
    rules: PolicySpec
    promotes: Callable[[Copied, Made, Made, Ruling], bool]
    alarms: Callable[[Copied, InUse, datetime], bool] | None = None
    weighs: bool = False
    """It weighs what a loss costs, and is none where that has no price."""


POINT = Contestant("each step, point comparison", WEEKLY, point)
BETTER = Contestant("each step, our rule better", WEEKLY, shown)
CONTESTANTS = (
    Contestant("each step, promotes always", WEEKLY, always),
    Contestant("each step, fresh random split", WEEKLY, fresh_split),
    Contestant("each step, stored score", WEEKLY, stored),
    Contestant("each step, a constant", WEEKLY, constant),
    POINT,
    BETTER,
    Contestant("KS of any column, point", ALARMED, point, any_column_ks),
    Contestant("PSI above 0.2, point", ALARMED, point, any_column_psi),
    Contestant("CARA", ALARMED, always, cara, weighs=True),
    Contestant("Regol et al.", ALARMED, always, forecast, weighs=True),
)
