"""The last guard: an input that jumped just when the champion got worse is looked at before anything is trained.

A concept that drifts changes what follows from the inputs, and none of them; a broken feed changes one or two, at once.
Faults that no rule knows look like that. After a window the jump is part of the window before, and stops nothing.
"""

from collections.abc import Iterator

from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.sample import Sample, as_numbers, distance
from tasks.monitoring.triage.tables import thinned, times_of
from tasks.monitoring.triage.view import View
from tasks.monitoring.triage.wording import join

_MOST = 2
"""More columns than that are a world that changed, and not a feed."""
_LABELS_MOVED = 0.1
"""Labels whose distribution lies so far from before tell of the world, too."""


def suspect_column(view: View) -> Iterator[Finding]:
    """Yield the one or two columns that alone jumped against the window before, when a loss is shown."""
    if not view.case.loses or view.case.before is None:
        return
    alone = 0 < len(view.moved) <= min(_MOST, len(view.columns) - 1)
    names = tuple(column.name for column in view.columns if column.name in view.moved & _alarmed(view))
    if alone and names and not _labels_moved(view):
        what = "it" if len(names) == 1 else "they"
        sentence = (
            f"watch: look at the feed of {join(names)} before training: {what} alone jumped, by more than from any "
            "window to the next before, just as the predictions got worse; a concept that drifts changes no input"
        )
        yield Finding("suspect_column", "watch", names, 1.0, 0.5, sentence)


def _alarmed(view: View) -> frozenset[str]:
    """Return the columns that are out of all that the champion has learned: weather jumps from week to week."""
    return frozenset(signal.column for signal in view.case.signals if signal.alarmed and signal.column)


def _labels_moved(view: View) -> bool:
    case, target = view.case, view.case.columns.target
    if any(signal.alarmed for signal in case.signals if signal.kind == "label"):
        return True
    parts = [table for table in (case.current, case.before) if table and target in table.column_names]
    tables = [thinned(table, case.columns.timestamp) for table in parts]
    found = as_numbers([table.column(target) for table in tables])
    if len(tables) < 2 or found is None:
        return False  # the loop reads labels elsewhere: then the signal has the word
    now, before = (
        Sample(values, times_of(table, case.columns.timestamp)) for values, table in zip(found[0], tables, strict=True)
    )
    return distance(now, before, words=bool(found[1])) > _LABELS_MOVED
