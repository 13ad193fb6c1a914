"""The same streams, drawn anew: our rules were made with the draws before these in sight."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from benchmarks.replay.contestants import BETTER, POINT
from benchmarks.replay.course import Course, run_course
from benchmarks.replay.generated import OVER, PRICE
from benchmarks.replay.projects import project_of
from benchmarks.replay.scoring import ANSWERED, Choice, answers_in_words, choose, in_total, late, misses, promotions
from benchmarks.replay.streams import BY_NAME, STEP, STREAMS, draw

_DRAWS, _QUICK = (3, 4), (3,)
Drawn = tuple[int, Course]


def study(runs: Runner) -> Section:
    """Walk our policies through each stream, drawn with other random numbers and other rules."""
    drawn = []
    for number in _QUICK if runs.quick else _DRAWS:
        for stream in STREAMS[:2] if runs.quick else STREAMS:
            with tempfile.TemporaryDirectory() as folder:
                settings = project_of(Path(folder), draw(stream, number), cost=PRICE)
                course = run_course(stream.name, settings, step=STEP, over=OVER, contestants=(POINT, BETTER))
                drawn.append((number, course))
            print(f"  {stream.name}, draw {number}: {len(course.moments)} steps", flush=True)
    return section(drawn)


def section(drawn: Sequence[Drawn]) -> Section:
    """Return what is shown of the courses, each with the number of its draw."""
    courses = [course for _, course in drawn]
    choices = [choose(course) for course in courses]
    gain, share = in_total(choices)
    missed = [
        *misses([(course, BY_NAME[course.name]) for course in courses], choices, (gain, share)),
        *late(courses, choices),
    ]
    return Section(
        title="The same streams, drawn anew",
        shows=f"Here the policies chosen gain {gain:.0%} of what the best ones in hindsight gain, with {share:.0%} of "
        "the trainings of training at each step. The goals are the same.",
        missed=tuple(missed),
        parts=(_chosen(drawn, choices), promotions(courses)),
        simulated=f"Simulated: the streams above, {len({number for number, _ in drawn})} times, with other rules, "
        "rows and labels; nothing of Perennial was changed after a look at them. Draws 1 and 2 had been looked at: "
        "by the rules of then, which knew no margin, those chosen gained 98 % with 50 % of the trainings.",
    )


def _chosen(drawn: Sequence[Drawn], choices: Sequence[Choice]) -> Table:
    rows = []
    for (number, course), one in zip(drawn, choices, strict=True):
        gained = f"{one.gained:+.4f} of {one.possible:.4f}"
        rows.append(
            (
                f"{course.name}, {number}",
                one.policy,
                one.best,
                gained,
                f"{one.trainings:.0%}",
                *answers_in_words(course, one.policy),
            )
        )
    head = (
        "stream, draw",
        "chosen",
        "best in hindsight",
        "less loss than never's",
        "of all trainings",
        *ANSWERED,
    )
    return Table(head, rows)
