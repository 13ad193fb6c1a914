"""Of a course: what a policy chosen by the first half of the history comes to in the second, and what was missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.markdown import Table
from benchmarks.replay.course import Course
from benchmarks.replay.streams import FIRST_DAY, STEP, Stream
from tasks.replay.accounts import NEVER, Account
from tasks.replay.advice import ENOUGH

GOAL_GAIN, GOAL_TRAININGS = 0.95, 0.40
WITHIN_STEPS = 2
RARELY = 3
"""Trainings of a stationary year that count as rare."""


@dataclass(frozen=True)
class Choice:
    """A policy as chosen by the first half of a history, in the second half."""

    policy: str
    best: str
    """In hindsight of the second half."""
    gain: float
    """Of the best one's, over never training again; 1 where there is nothing to gain."""
    trainings: float
    """Of those of training at each step."""
    behind_never: bool
    """It lost more than never training again, by more than the interval of that."""


def choose(course: Course) -> Choice:
    """Return what the first half recommends, and what it comes to in the second."""
    half = len(course.moments) // 2
    early = {one.name: _part(one, 0, half) for one in course.ours}
    late = {one.name: _part(one, half, len(course.moments)) for one in course.ours}
    most = max(count for _, count in early.values()) or 1
    policy = _sparest(early)
    best = min(late, key=lambda name: late[name])
    possible = late[NEVER][0] - late[best][0]
    gained = late[NEVER][0] - late[policy][0]
    account = course.account(policy)
    against = account.against_never
    return Choice(
        policy=policy,
        best=best,
        gain=gained / possible if possible > 1e-9 else 1.0,
        trainings=late[policy][1] / (max(count for _, count in late.values()) or 1),
        behind_never=against is not None and against.high < 0 and most > 0,
    )


def _sparest(parts: dict[str, tuple[float, int]]) -> str:
    """Return the policy of the fewest trainings with most of the best gain: what the advice recommends unpriced."""
    gains = {name: parts[NEVER][0] - loss for name, (loss, _) in parts.items()}
    enough = ENOUGH * max(gains.values())
    return min((name for name in parts if gains[name] >= enough), key=lambda name: (parts[name][1], -gains[name]))


def _part(account: Account, first: int, last: int) -> tuple[float, int]:
    """Return the mean loss of some steps, and the trainings in them."""
    losses = [loss for loss in account.by_step[first:last] if loss == loss]
    trainings = sum(step.made is not None for step in account.walk.steps[first:last])
    return sum(losses) / len(losses), trainings


def late_for(course: Course, stream: Stream, name: str) -> list[int]:
    """Return for each planted change how many steps after it the policy first trained; -1: never."""
    found = []
    for day in stream.changes:
        change = FIRST_DAY + timedelta(days=day)
        after = [
            (step.at - change) / STEP
            for step in course.account(name).walk.steps
            if step.made and step.ruling and step.ruling.promotable and step.at > change
        ]
        found.append(int(after[0]) if after else -1)
    return found


def table(course: Course) -> Table:
    """Return every policy and contestant, the one that lost least first."""
    rows = []
    for one in sorted((*course.ours, *course.copied), key=lambda account: account.loss):
        told = course.promotions[one.name]
        against = one.against_never
        gain = "–" if against is None else f"{against.difference:+.4f} ({against.low:+.4f} to {against.high:+.4f})"
        rows.append(
            (
                one.name if one in course.ours else f"*{one.name}*",
                f"{one.loss:.4f}",
                gain,
                str(one.walk.trainings),
                str(one.walk.promotions),
                str(told.bad),
                str(told.missed),
                str(told.idle),
                f"{one.total(course.prices):,.0f}",
            )
        )
    head = (
        "policy", "loss", "less than never", "trainings", "promotions", "bad", "missed", "gained nothing", "cost",
    )  # fmt: skip
    return Table(head, rows)


def misses(courses: Sequence[tuple[Course, Stream | None]], choices: Sequence[Choice]) -> Iterator[str]:
    """Yield the goals that were not met, in words."""
    gain = sum(one.gain for one in choices) / len(choices)
    trainings = sum(one.trainings for one in choices) / len(choices)
    if gain < GOAL_GAIN:
        yield f"the policies chosen gain {gain:.0%} of the best in hindsight, and {GOAL_GAIN:.0%} were the goal"
    if trainings > GOAL_TRAININGS:
        yield f"they train {trainings:.0%} as often as at each step, and at most {GOAL_TRAININGS:.0%} was the goal"
    for (course, stream), choice in zip(courses, choices, strict=True):
        if choice.behind_never:
            yield f"{course.name}: {choice.policy} lost more than never training again, by more than the interval"
        if stream and stream.name == "stationary" and course.account(choice.policy).walk.trainings > RARELY:
            yield f"stationary: {choice.policy} trains {course.account(choice.policy).walk.trainings} times"


def total(course: Course) -> dict[str, tuple[int, int, int]]:
    """Return bad promotions, promotions and trainings by the name of each policy and contestant."""
    return {
        one.name: (course.promotions[one.name].bad, one.walk.promotions, one.walk.trainings)
        for one in (*course.ours, *course.copied)
    }
