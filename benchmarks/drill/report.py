"""docs/reliability.md: what the drill found, for people."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median

from benchmarks.drill.killing import Drilled, Trial
from benchmarks.drill.speed import Speed
from benchmarks.drill.storm import Storm

HEAD = """# Reliability of decisions

Written by `make drill-promotion`. A decision is killed with SIGKILL wherever it can be killed, and started again as a
person or a flow would start it again.

A **boundary** is an effect, before it and after it: a statement of any database (the ledger's and MLflow's) that writes
or begins to, a commit, a file that is opened to be written or moved into its place, the start of a process. They are
found by watching an undisturbed run, and not by hand. A process that dies between two effects leaves what one leaves
that dies right after the first. Of many files written one after the other, it is killed at the first, the middle and
the last.

The world is real: three trainings of `flight_delay` (with a margin so wide that each may be promoted), the first two
of them approved; each trial has a copy of both databases.

Before that, each promise of the ledger, its leases and its requests is tested on PostgreSQL as on SQLite
(`pytest -k postgresql tests/release`): a record of each kind is read as it was written; the database itself refuses
UPDATE, DELETE, TRUNCATE, and a number that is not the next; with its triggers disabled, a changed entry is found by
number; of trainings that start at once, one claims the request.

After each kill: the ledger's chain of digests is whole, and no version is promoted twice. After the restart: the
champion is the one that was decided on, its files predict what they did when they were written, MLflow's alias points
at it, and no proposal is lost or doubled.
"""


def document(drilled: Sequence[Drilled], storms: Sequence[Storm], speeds: Sequence[Speed]) -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_summary(drilled), *_storms(storms), *_speeds(speeds), *_details(drilled)])


def _summary(drilled: Sequence[Drilled]) -> Iterator[str]:
    yield "| operation | database | kills | old champion still in use | new one in use | something wrong |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for one in drilled:
        old = sum(trial.champion == 2 for trial in one.trials)
        wrong = sum(bool(trial.wrong) for trial in one.trials)
        kills, told = len(one.trials), f"**{wrong}**" if wrong else "0"
        yield f"| {one.operation} | {one.database} | {kills} | {old} | {kills - old} | {told} |"


def _storms(storms: Sequence[Storm]) -> Iterator[str]:
    yield "\n## Many at once\n"
    yield "Processes that propose, approve, reject and roll back the same model at random. After each decision the"
    yield "fences must count up by one, and no version may be promoted twice; no error may reach a user but a refusal."
    yield ""
    yield "| database | processes | seconds | decisions | refused | median | slowest | something wrong |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in storms:
        taken = sum(count for what, count in one.done.items() if what != "refused")
        yield (
            f"| {one.database} | {one.processes} | {one.seconds:.0f} | {taken:,} | {one.done['refused']:,} "
            f"| {median(one.milliseconds):.0f} ms | {one.milliseconds[-1] / 1000:.1f} s | {len(one.wrong)} |"
        )
    for one in storms:
        yield from (f"\n- {one.database}: {finding}" for finding in sorted(set(one.wrong))[:10])


def _speeds(speeds: Sequence[Speed]) -> Iterator[str]:
    yield "\n## How long a promotion takes\n"
    yield "Approval and promotion in one transaction of the ledger, and MLflow's alias after it, one at a time, once"
    yield "what they rest on has been examined. The goal is a median below 200 ms on SQLite."
    yield ""
    yield "| database | promotions | median | slowest |"
    yield "| --- | ---: | ---: | ---: |"
    for one in speeds:
        taken = one.milliseconds
        yield f"| {one.database} | {len(taken)} | {median(taken):.0f} ms | {taken[-1]:.0f} ms |"


def _details(drilled: Sequence[Drilled]) -> Iterator[str]:
    yield "\n## Every boundary\n"
    yield "In the order in which they are passed; neighbours with the same name and the same outcome are one row."
    for one in drilled:
        yield f"\n### {one.operation}, {one.database}\n"
        yield "| boundary | kills | champion right after | after the restart |"
        yield "| --- | ---: | ---: | --- |"
        for (name, champion, wrong), trials in groupby(one.trials, _alike):
            yield f"| `{name}` | {len(list(trials))} | {champion} | {'; '.join(wrong) or 'as it should be'} |"
    yield ""


def _alike(trial: Trial) -> tuple[str, int, tuple[str, ...]]:
    return trial.boundary, trial.champion, trial.wrong
