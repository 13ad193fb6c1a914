"""docs/scale.md, from what was measured."""

import os
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.markdown import Table
from benchmarks.stack.load import Load
from benchmarks.stack.memory import Memory

_HEADER = """# A hundred models on one machine

`make benchmark-stack` writes this page: {models} specs, each with three schedules, become {deployments} deployments of
one stack, first with SQLite files and then with PostgreSQL on the same machine. {verdict}

The machine has {cores} cores and **other work ran on it meanwhile**: {busy} of its processors were in use during the
hour. Seconds are of one run each; take them as an order of magnitude, and counts as they are."""
_DONE = """A run here is a scheduled drift detection as the worker starts it, in a process of its own: it imports what
it needs, reads spec, contract and ledger, and ends by saying that its model has no champion. So it costs what starting
a run costs, and not what looking at data does. Each of {due} models is checked once an hour; all of that hour's checks
were due within {minutes} minutes, {burst} at a time on the minute. The worker runs two at once (PERENNIAL_THREADS=2),
so most of the lateness is the queue for those two places, and not the scheduler: the first of them shows what Prefect's
scheduler and the worker's polling take by themselves. A lost run is one that the scheduler never made, or that had not
ended half an hour after the last was due; a doubled one was made twice, or begun twice."""
_PSS = """PSS: a page that several processes share is divided among them. The worker is counted without the runs that it
starts; at rest is with everything deployed."""
_WHEN = {"empty": "nothing deployed", "rest": "at rest", "peak": "at most"}


def document(found: Sequence[Load], minutes: int) -> str:
    """Return the page."""
    first = found[0]
    header = _HEADER.format(
        models=first.models,
        deployments=first.deployments,
        cores=os.cpu_count(),
        verdict=_verdict(found),
        busy=" and ".join(f"{one.busy:.0%}" for one in found),
    )
    done = _DONE.format(due=first.hour.due, minutes=minutes, burst=-(-first.hour.due // minutes))
    parts = [
        header,
        f"## Deploying\n\n{_table(found, _DEPLOYS)}",
        f"## Memory of the servers, MB\n\n{_memory(found)}",
        _PSS,
        f"## An hour of schedules in {minutes} minutes\n\n{_table(found, _HOUR)}",
        done,
    ]
    return "\n\n".join(parts) + "\n"


def _verdict(found: Sequence[Load]) -> str:
    wrong = [
        f"on {one.database} {one.hour.lost} runs were lost, {one.hour.doubled} doubled, {one.hour.wrong} ended wrongly"
        for one in found
        if one.hour.lost or one.hour.doubled or one.hour.wrong
    ]
    return f"**{'; '.join(wrong)}.**" if wrong else "No run was lost, and none came twice."


def _spread(values: Sequence[float]) -> str:
    low, middle, high = np.quantile(values, [0, 0.5, 1])
    return f"{low:.0f} / {middle:.0f} / {high:.0f}"


_DEPLOYS: dict[str, Callable[[Load], str]] = {
    "`perennial deploy`, all new, s": lambda one: f"{one.first:.0f}",
    "again, nothing to change, s": lambda one: f"{one.again:.0f}",
    "every model's check at another minute, s": lambda one: f"{one.changed:.0f}",
    "deploys that had to be repeated, as Prefect's database was locked": lambda one: str(one.repeated),
    "then, until the scheduler has made a run for each, s": lambda one: f"{one.made:.0f}",
}
_HOUR: dict[str, Callable[[Load], str]] = {
    "runs due": lambda one: str(one.hour.due),
    "lost": lambda one: " ".join((str(one.hour.lost), *one.hour.unfinished)),
    "doubled": lambda one: str(one.hour.doubled),
    "ended otherwise than they should": lambda one: str(one.hour.wrong),
    "late to begin, s: least / median / most": lambda one: _spread(one.hour.late),
    "a run itself, s: least / median / most": lambda one: _spread(one.hour.took),
    "from the first due to the end of the last, s": lambda one: f"{one.hour.seconds:.0f}",
}


def _table(found: Sequence[Load], rows: dict[str, Callable[[Load], str]]) -> Table:
    head = ("", *(one.database for one in found))
    return Table(head, [(what, *(say(one) for one in found)) for what, say in rows.items()])


def _memory(found: Sequence[Load]) -> Table:
    columns = [(one, when) for one in found for when in _WHEN]
    names = {name: None for one in found for name in one.peak}
    head = ("PSS (RSS)", *(f"{one.database}, {_WHEN[when]}" for one, when in columns))
    return Table(head, [(name, *(_mb(getattr(one, when).get(name)) for one, when in columns)) for name in names])


def _mb(memory: Memory | None) -> str:
    return "" if memory is None else f"{memory.pss / 1e6:.0f} ({memory.rss / 1e6:.0f})"
