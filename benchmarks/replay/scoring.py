"""Of a course: what a policy chosen by the first half of the history comes to in the second, and what was missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.markdown import Table
from benchmarks.replay.course import Course
from benchmarks.replay.streams import BY_NAME, FIRST_DAY, STEP, Stream
from tasks.replay.accounting import accounting_margin
from tasks.replay.accounts import NEVER
from tasks.replay.advice import advise
from tasks.replay.prices import Prices

GOAL_GAIN, GOAL_TRAININGS = 0.95, 0.40
_NOTHING = 1e-9
_BY_ALARM = ("on_drift", "on_performance")
_WITHIN_STEPS = 2
RARELY = 3
"""Trainings of a stationary year that count as rare."""


@dataclass(frozen=True)
class Choice:
    """A policy as chosen by the first half of a history, in the second half."""

    policy: str
    best: str
    """In hindsight of the second half."""
    gained: float
    """Over never training again, in the loss of a row."""
    possible: float
    """What the best one in hindsight gains so."""
    trained: int
    always: int
    """Trainings of training at each step."""
    behind_never: bool
    """It lost more than never training again, by more than the interval of that."""

    @property
    def gain(self) -> float:
        """Of the best one's; 1 where there is nothing to gain."""
        return self.gained / self.possible if self.possible > _NOTHING else 1.0

    @property
    def trainings(self) -> float:
        """Of those of training at each step."""
        return self.trained / max(self.always, 1)


def choose(course: Course) -> Choice:
    """Return what a replay of the first half recommends, where nothing has a price, and what it comes to after."""
    margin = accounting_margin(course.spec, course.metric, min(one.loss for one in course.early))
    policy = advise(course.early, Prices(), margin).policy
    late = {one.name: one for one in course.late}
    best = min(course.late, key=lambda one: one.loss)
    against = late[policy].against_never
    return Choice(
        policy=policy,
        best=best.name,
        gained=late[NEVER].loss - late[policy].loss,
        possible=late[NEVER].loss - best.loss,
        trained=late[policy].walk.trainings,
        always=max(one.walk.trainings for one in course.late),
        behind_never=against is not None and against.high < 0,
    )


def in_total(choices: Sequence[Choice]) -> tuple[float, float]:
    """Return the share of all that could be gained, and of all trainings."""
    possible = sum(one.possible for one in choices)
    gain = sum(one.gained for one in choices) / possible if possible > _NOTHING else 1.0
    return gain, sum(one.trained for one in choices) / max(sum(one.always for one in choices), 1)


@dataclass(frozen=True)
class Answered:
    """How many steps after a planted change a policy first trained, and one of these passed; -1: never."""

    trained: int
    passed: int


def answers(course: Course, name: str) -> list[Answered]:
    """Return how a policy answered each of the changes that were planted."""
    made = [step for step in course.account(name).walk.steps if step.made]
    found = []
    for day in BY_NAME[course.name].changes:
        change = FIRST_DAY + timedelta(days=day)
        after = [step for step in made if step.at > change]
        passed = [step for step in after if step.ruling and step.ruling.promotable]
        first = [int((steps[0].at - change) / STEP) if steps else -1 for steps in (after, passed)]
        found.append(Answered(*first))
    return found


def answers_in_words(course: Course, name: str) -> tuple[str, str]:
    """Return the steps to training and to passing, for a table."""
    found = answers(course, name)
    if not found:
        return "–", "–"
    return ", ".join(str(one.trained) for one in found), ", ".join(str(one.passed) for one in found)


ANSWERED = ("steps from change to training", "to a challenger that passed")
"""Heads of these columns."""


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
                str(told.false_alarms) if one.walk.rules.retrain in _BY_ALARM else "–",
                f"{one.total(course.prices):,.0f}",
            )
        )
    head = (
        "policy", "loss", "less than never", "trainings", "promotions", "bad", "missed", "gained nothing",
        "false alarms", "cost",
    )  # fmt: skip
    return Table(head, rows)


def misses(
    courses: Sequence[tuple[Course, Stream | None]], choices: Sequence[Choice], shares: tuple[float, float]
) -> Iterator[str]:
    """Yield the goals that were not met, in words; ``shares`` are those of the gain and of the trainings."""
    gain, trainings = shares
    if gain < GOAL_GAIN:
        yield f"the policies chosen gain {gain:.0%} of the best in hindsight, and {GOAL_GAIN:.0%} were the goal"
    if trainings > GOAL_TRAININGS:
        yield f"they train {trainings:.0%} as often as at each step, and at most {GOAL_TRAININGS:.0%} was the goal"
    for (course, stream), choice in zip(courses, choices, strict=True):
        if choice.behind_never:
            yield f"{course.name}: {choice.policy} lost more than never training again, by more than the interval"
        if stream and stream.name == "stationary" and course.account(choice.policy).walk.trainings > RARELY:
            yield f"stationary: {choice.policy} trains {course.account(choice.policy).walk.trainings} times"


def late(courses: Sequence[Course], choices: Sequence[Choice]) -> list[str]:
    """Return, in words, which of the chosen and the best trained too long after a planted change."""
    found = []
    for course, choice in zip(courses, choices, strict=True):
        stream = BY_NAME[course.name]
        if stream.label_delay_days > STEP.days:  # the labels that would show the change are not there within two steps
            continue
        for policy in dict.fromkeys((choice.policy, choice.best)):
            for day, answered in zip(stream.changes, answers(course, policy), strict=True):
                when = "never" if answered.trained < 0 else f"{answered.trained} steps"
                if not 0 <= answered.trained <= _WITHIN_STEPS:
                    found.append(f"{course.name}: {policy} trains {when} after the change of day {day}")
    return found


def promotions(courses: Sequence[Course]) -> Table:
    """Return bad and missed promotions of all streams together, by policy and contestant."""
    sums: dict[str, tuple[int, ...]] = {}
    for course in courses:
        for one in (*course.ours, *course.copied):
            told = course.promotions[one.name]
            counts = (told.bad, told.missed, one.walk.promotions, one.walk.trainings)
            sums[one.name] = tuple(map(sum, zip(sums.get(one.name, (0, 0, 0, 0)), counts, strict=True)))
    rows = [(name, *map(str, counts)) for name, counts in sorted(sums.items(), key=lambda one: one[1])]
    return Table(("all together", "bad promotions", "missed", "promotions", "trainings"), rows)
