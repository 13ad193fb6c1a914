"""Columns that are gone, and columns whose values are."""

from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np

from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.view import Column, View
from tasks.monitoring.triage.wording import join, percent

_SURGE = 0.12
"""Of all rows, so many more than ever must lack a value: what sensors report varies with weather and season."""
_SPREAD = 1.0
"""And by so much of the range that was usual: a gauge of gusts is silent in calm weeks, and more so in the calmest."""
_ERRORS = 5
"""And so many standard errors: a small window misses some by chance."""
_ALIKE = 0.5
"""From 0 to 1, how much alike an old name and a new one are."""


def missing_column(view: View) -> Iterator[Finding]:
    """Yield the features that the current window does not have at all, with their new names if they have one."""
    unknown = {name.lower(): name for name in view.case.unknown}
    for name in view.features:
        if name not in view.case.current.column_names:
            near = [unknown[n] for n in unknown if name.lower() in n or n in name.lower()]
            near += [unknown[n] for n in get_close_matches(name.lower(), list(unknown), 1, _ALIKE)]
            hint = f"; the source has a new column {join(near[:1])}, perhaps its new name" if near else ""
            sentence = f"fix the data: the column {join([name])} is gone{hint}"
            yield Finding("missing_column", "fix_the_data", (name,), 1.0, 1.0, sentence)


def null_surge(view: View) -> Iterator[Finding]:
    """Yield the columns that lack values in many more rows than before."""
    for column in view.columns:
        now, (least, usual) = column.current.missing, _usual(column)
        error = np.sqrt(max(usual * (1 - usual), 0.01) / column.current.rows)
        if now - usual > max(_SURGE, _SPREAD * (usual - least), _ERRORS * error):
            sentence = (
                f"fix the data: {join([column.name])} is missing in {percent(now)} of the rows; before, never in more "
                f"than {percent(usual)}"
            )
            share = (now - usual) / (1 - usual)
            yield Finding("null_surge", "fix_the_data", (column.name,), share, 1.0, sentence)


def _usual(column: Column) -> tuple[float, float]:
    """Return the smallest and the largest share of missing values in any window that was fine."""
    shares = [part.missing for part in (column.norm, column.reference, *column.windows)]
    return min(shares), max(shares)
