"""The estimate of the time left, beside replays whose parts are made up and whose end is known."""

import heapq
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.replay.ahead import Stand
from tasks.replay.contenders import Contender, contenders
from tasks.replay.pace import Pace, Part, Spent, pace_of, seconds_left, size_of
from tasks.spec import ModelSpec

BEGIN, WEEK = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=7)
FIRST = BEGIN + 8 * WEEK
Key = tuple[Part, Any]
PRICES: Mapping[Part, float] = {"training": 0.04, "ruling": 1.5, "beginning": 0.02, "step": 0.6}
"""Seconds: of a training and a beginning by days that are learned from."""


@dataclass
class Simulated:
    """Policies that walk side by side, each part once, on so many cores: what is told of it at each step."""

    spec: ModelSpec
    steps: int
    cores: int
    prices: Mapping[Part, float]
    asked: Counter[Part] = field(default_factory=Counter)
    spent: list[Spent] = field(default_factory=list)
    told: list[tuple[float, float]] = field(default_factory=list)
    """After each step: when, and the seconds that were said to be left."""

    def run(self, policies: tuple[Contender, ...]) -> float:
        """Walk all policies, and return when the last one was at its end."""
        self.moments = [FIRST + (number + 1) * WEEK for number in range(self.steps)]
        self.size = size_of(self.spec, BEGIN)
        self.stands = {one.name: Stand(one.rules, 0, (), 0) for one in policies}
        self.ended: dict[Key, float] = {}
        free = [0.0] * self.cores
        walks = [(0.0, number, self._walk(one)) for number, one in enumerate(policies)]
        now = 0.0
        while walks:
            now, number, walk = heapq.heappop(walks)
            self.now = now
            part = next(walk, None)
            if part is None:
                continue
            if part not in self.ended:
                at = part[1][0] if part[0] in ("training", "beginning") else None
                size = self.size(at) if at else 1.0
                seconds = self.prices[part[0]] * size
                core = heapq.heappop(free)
                self.ended[part] = max(core, now) + seconds
                heapq.heappush(free, self.ended[part])
                self.spent.append(Spent(part[0], seconds, size))
            self.asked[part[0]] += 1
            heapq.heappush(walks, (max(self.ended[part], now), number, walk))
        return max(self.ended.values())

    def _walk(self, policy: Contender) -> Generator[Key, None, None]:
        champion, last, new = FIRST, FIRST, True
        for number, at in enumerate(self.moments):
            yield ("beginning" if new else "step"), (champion, at)
            new = False
            every = policy.rules.every if policy.rules.retrain == "every" else 9 * WEEK
            stand = self.stands[policy.name]
            if policy.rules.retrain != "never" and at - last >= every:
                yield "training", (at,)
                yield "ruling", (policy.name, at)
                last = at
                passed = number % 3 > 0
                if passed:
                    champion, new = at, True
                stand = replace(stand, trained=(*stand.trained, at), passed=stand.passed + passed)
            self.stands[policy.name] = replace(stand, done=stand.done + 1)
            self._tell()

    def _tell(self) -> None:
        trained = {k[1][0]: 1.0 if end <= self.now else 0.5 for k, end in self.ended.items() if k[0] == "training"}
        left = seconds_left(
            tuple(self.stands.values()),
            self.moments,
            pace_of(self.spent, self.asked),
            size=self.size,
            trained=trained,
            cores=self.cores,
        )
        self.told.append((self.now, left))


@pytest.mark.parametrize(
    ("steps", "cores", "names"),
    [
        (45, 2, ("weekly", "biweekly", "every:21d", "monthly", "quarterly", "on_drift", "on_performance")),
        (45, 8, ("weekly", "biweekly", "monthly", "on_drift")),
        (13, 2, ("biweekly",)),
        (30, 1, ("never", "on_performance")),
    ],
)
@pytest.mark.parametrize("dear", ["training", "step", "ruling"])
def test_from_a_third_of_the_way_on_the_time_left_is_known_to_thirty_percent(
    spec: ModelSpec, steps: int, cores: int, names: tuple[str, ...], dear: Part
) -> None:
    found = Simulated(spec, steps, cores, {**PRICES, dear: 5 * PRICES[dear]})

    end = found.run(contenders(names, spec, step=WEEK))

    later = [(end - now, told) for now, told in found.told if now >= end / 3]
    assert len(later) > 10
    assert [one for one in later if abs(one[1] - one[0]) > max(0.3 * one[0], 0.05 * end)] == []


def test_what_was_kept_from_another_time_is_soon_forgotten() -> None:
    spent = [*(Spent("step", 0.0) for _ in range(50)), *(Spent("step", 2.0) for _ in range(16))]

    assert pace_of(spent, {"step": 132}) == Pace({"step": 2.0}, {"step": 0.5})


def test_what_nobody_has_asked_for_yet_costs_nothing_and_at_the_end_nothing_is_left(spec: ModelSpec) -> None:
    never = contenders(["never"], spec, step=WEEK)[0]
    moments = [FIRST + WEEK, FIRST + 2 * WEEK]

    def left(done: int) -> float:
        stands = (Stand(never.rules, done, (), 0),)
        return seconds_left(stands, moments, Pace({"step": 3.0}), size=size_of(spec, BEGIN), trained={}, cores=1)

    assert [left(done) for done in (0, 1, 2)] == [6.0, 3.0, 0.0]
