"""Streams whose changes are planted."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from benchmarks.replay.course import Course, run_course
from benchmarks.replay.projects import project_of
from benchmarks.replay.scoring import (
    ANSWERED,
    Choice,
    answers_in_words,
    choose,
    in_total,
    late,
    misses,
    promotions,
    table,
)
from benchmarks.replay.streams import A_DAY, BY_NAME, DAYS, FIRST, FIRST_DAY, STEP, STREAMS, draw
from tasks.data.window import Window

_QUICK = ("abrupt", "stationary")
OVER = Window(FIRST_DAY + timedelta(days=FIRST), FIRST_DAY + timedelta(days=DAYS))
PRICE = 0.004 * A_DAY * 7
"""Of a training, where a loss of 1 on a row costs 1: what a model that loses 0.004 a row more costs in a week."""

_SIMULATED = """
Simulated: {days} days of {a_day} rows, six columns and a yes-or-no target; steps of a week; LightGBM on the last 56
days or on all of them, as validation chooses, and fitted once more with validation. *In italics*: defaults that
people copy, re-implemented from their descriptions (`copied.py`). *Bad*: promoted, and shown to be worse than the one
it replaced in the four weeks after, by the same paired test; *missed*: turned away, and shown to have been better by
more than the margin; *gained nothing*: trainings whose challenger was not shown to be better then; *false alarms*:
those of them that an alarm asked for. A training costs {price:.2f}, a loss of 1 on a row 1. Chosen: what
`perennial replay` recommends where a loss has no price: of the policies that are shown to gain over never in the
first half, and nearly as much as the best, the one of the fewest trainings; nearly: 95 %, or less by no more than the
gate's margin of 0.005.
"""


def study(runs: Runner) -> Section:
    """Walk every policy and contestant through every stream."""
    courses = []
    for name in _QUICK if runs.quick else [stream.name for stream in STREAMS]:
        with tempfile.TemporaryDirectory() as folder:
            settings = project_of(Path(folder), draw(BY_NAME[name]), cost=PRICE)
            courses.append(run_course(name, settings, step=STEP, over=OVER))
            print(f"  {name}: {len(courses[-1].moments)} steps", flush=True)
    return section(courses)


def section(courses: Sequence[Course]) -> Section:
    """Return what is shown of the courses."""
    choices = [choose(course) for course in courses]
    pairs = [(course, BY_NAME[course.name]) for course in courses]
    gain, share = in_total(choices)
    missed = [*misses(pairs, choices, (gain, share)), *late(courses, choices)]
    parts: list[Table | str] = [_chosen(courses, choices), promotions(courses)]
    for course in courses:
        stream = BY_NAME[course.name]
        parts += [f"### {course.name.capitalize()}: {stream.words}", table(course)]
    return Section(
        title="Streams whose changes are planted",
        shows=f"A policy chosen by the first half of a stream gains, in the second, {gain:.0%} of what the best one in "
        f"hindsight gains, all streams together, with {share:.0%} of the trainings of training at each step. "
        "The goals are 95 % and 40 %, a training within two steps of each planted change, and on no stream "
        "a loss beyond never's.",
        missed=tuple(missed),
        parts=tuple(parts),
        simulated=" ".join(_SIMULATED.format(days=DAYS, a_day=A_DAY, price=PRICE).split()),
    )


def _chosen(courses: Sequence[Course], choices: Sequence[Choice]) -> Table:
    rows = [
        (
            course.name,
            one.policy,
            one.best,
            f"{one.gain:.0%}",
            f"{one.trainings:.0%}",
            *answers_in_words(course, one.policy),
        )
        for course, one in zip(courses, choices, strict=True)
    ]
    head = (
        "stream",
        "chosen",
        "best in hindsight",
        "of its gain",
        "of all trainings",
        *ANSWERED,
    )
    return Table(head, rows)
