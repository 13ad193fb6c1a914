"""Changes that need no training: they have gone back, they come every year, or no loss is shown."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from tasks.monitoring.signal import Signal
from tasks.monitoring.triage.case import Case
from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.sample import Sample, as_numbers, distance
from tasks.monitoring.triage.tables import thinned, times_of
from tasks.monitoring.triage.view import Column, View
from tasks.monitoring.triage.wording import join, worth

_PARTS = 7
"""A window is looked at in sevenths: the days of a week."""
_BACK = 0.35
"""Of the largest change of a part, the last one may keep so much and has gone back."""
_CHANGED = 0.15
_FEWEST = 40
_NEAR = 0.5
"""The same season a year ago is this much nearer than the norm, or nearer still."""
_ABOUT_COLUMNS = {"distribution", "missing", "unseen"}


def passing(view: View) -> Iterator[Finding]:
    """Yield a finding when all that alarms has gone back by the end of the window, or has since an earlier check."""
    names = _alarmed_columns(view.case)
    columns = [column for column in view.columns if column.name in names]
    if columns and len(columns) == len(names) and all(_went_back(column, view) for column in columns):
        sentence = f"wait: {join(names)} changed for a part of the window, and went back by its end"
        yield Finding("passing", "wait", names, 0.5, 0.8, sentence)
    elif not any(signal.alarmed for signal in view.case.signals) and _was_alarmed(view.case):
        went = view.case.past[-1].alarmed
        yield Finding("passing", "wait", went, 0.0, 0.8, f"wait: {join(went)} alarmed at the last check, and went back")


def season(view: View) -> Iterator[Finding]:
    """Yield a finding when what alarms was so a year ago."""
    case, names = view.case, _alarmed_columns(view.case)
    if case.year_ago is None or not names or case.loses:
        return
    columns = [column for column in view.columns if column.name in names]
    if columns and len(columns) == len(names) and all(_as_a_year_ago(column, view) for column in columns):
        sentence = f"watch: {join(names)} changed as a year ago: the season, which comes again; no loss is shown"
        yield Finding("season", "watch", names, 1.0, 0.7, sentence)


def covariate_shift(view: View) -> Iterator[Finding]:
    """Yield a finding when columns alarm and the champion is not shown to be worse than promised."""
    names, found = _alarmed_columns(view.case), view.case.performance
    if names and found is not None and found.loss_low is not None and not view.case.loses:
        sentence = f"watch: {join(names)} changed, and no loss is shown: {worth(found)}"
        yield Finding("covariate_shift", "watch", names, 1.0, 0.6, sentence)


def untold(view: View) -> Iterator[Finding]:
    """Yield a finding for the alarms that no other rule speaks of."""
    alarms = [signal for signal in view.case.signals if signal.alarmed]
    if alarms:
        worst = max(alarms, key=_times_the_threshold)
        columns = tuple(dict.fromkeys(signal.column for signal in alarms if signal.column))
        yield Finding("untold", "watch", columns, 0.0, 0.3, f"watch: {worst.sentence}")


def _times_the_threshold(signal: Signal) -> float:
    return signal.score / signal.threshold if signal.threshold else float("inf")


def _alarmed_columns(case: Case) -> tuple[str, ...]:
    found = [s.column for s in case.signals if s.alarmed and s.column and s.kind in _ABOUT_COLUMNS]
    return tuple(dict.fromkeys(found))


def _was_alarmed(case: Case) -> bool:
    return bool(case.past and case.past[-1].alarmed and case.past[-1].action != "fix_the_data")


def _went_back(column: Column, view: View) -> bool:
    first = int(column.current.times.min())
    edges = first + np.linspace(0, view.length, _PARTS + 1).astype(np.int64)
    parts = [column.current.between(int(a), int(b)) for a, b in pairwise(edges)]
    parts = [part for part in parts if len(part.present) >= _FEWEST]
    if len(parts) < 3:
        return False
    changes = [column.apart(part, column.norm) for part in parts]
    return max(changes) > _CHANGED and changes[-1] < _BACK * max(changes)


def _as_a_year_ago(column: Column, view: View) -> bool:
    case = view.case
    if case.year_ago is None or column.name not in case.year_ago.column_names:
        return False
    timestamp = case.columns.timestamp
    then, now = thinned(case.year_ago, timestamp), thinned(case.current, timestamp)
    found = as_numbers([now.column(column.name), then.column(column.name)])
    if found is None:
        return False
    current, old = (Sample(v, times_of(t, timestamp)) for v, t in zip(found[0], (now, then), strict=True))
    far = column.apart(column.current, column.reference)
    return distance(current, old, words=column.is_text) <= max(_NEAR * far, 0.05)
