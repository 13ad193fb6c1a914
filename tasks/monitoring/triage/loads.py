"""Rows that came twice, and rows that did not come."""

from collections.abc import Iterator

import numpy as np

from tasks.data.distinct import distinct
from tasks.data.keys import row_keys
from tasks.data.matrix import FloatArray
from tasks.monitoring.triage.diagnosis import Finding
from tasks.monitoring.triage.tables import times_of
from tasks.monitoring.triage.view import View
from tasks.monitoring.triage.wording import percent

_DUPLICATED = 0.02
"""Of the rows: a source that sends a few rows twice does so every day."""
_FEWEST_DUPLICATED = 10
_FEW = 0.7
"""Fewer than this share of the rows of the leanest window that was fine: too few."""
_FEW_IN_A_BLOCK = 0.6
"""The same for a block, which varies more."""
_FEWEST_EXPECTED = 30
"""Of fewer rows a block may well have next to none."""
_QUARANTINED = 0.05
"""Of the rows: so many never break a contract by themselves."""


def duplicated_load(view: View) -> Iterator[Finding]:
    """Yield a finding when many rows of the window are there twice, by key or by all that they say."""
    rows = max(view.counts.rows, 1)
    count = max(view.counts.duplicated, round(_repeated(view) * rows))
    if count >= max(_DUPLICATED * rows, _FEWEST_DUPLICATED):
        sentence = f"fix the data: {count:,} of {rows:,} rows are there twice: a load ran again"
        yield Finding("duplicated_load", "fix_the_data", (), count / rows, 1.0, sentence)


def missing_rows(view: View) -> Iterator[Finding]:
    """Yield a finding when far fewer rows came than ever, in the window or in some of its blocks."""
    counts = view.counts
    usual = [count for count in (counts.before, counts.expected) if count]  # none before: they were missing then too
    if not usual:
        return
    least = min(usual)
    if counts.rows < _FEW * least:
        share = 1 - counts.rows / least
        sentence = f"fix the data: {percent(share)} of the rows are missing: {counts.rows:,} came of about {least:,.0f}"
        yield Finding("missing_rows", "fix_the_data", (), share, 1.0, sentence)
    elif lean := _lean_blocks(view, least):
        lost, blocks = lean
        sentence = (
            f"fix the data: rows are missing in {blocks} of the {len(counts.blocks)} parts of the window, about "
            f"{percent(lost)} of its rows"
        )
        yield Finding("missing_rows", "fix_the_data", (), lost, 0.8, sentence)


def quarantined_rows(view: View) -> Iterator[Finding]:
    """Yield a finding when many rows break the contract: whatever the reason, it is the feed's."""
    reasons = sorted(view.counts.quarantined, key=lambda reason: -reason[1])
    count = sum(rows for _, rows in reasons)
    share = count / max(view.counts.rows, 1)
    if reasons and share >= _QUARANTINED:
        sentence = f"fix the data: {percent(min(share, 1))} of the rows break the contract, mostly: {reasons[0][0]}"
        yield Finding("quarantined_rows", "fix_the_data", (), min(share, 1.0), 0.7, sentence)


def _repeated(view: View) -> float:
    """Return how much more of the current rows repeat another row's content than do of the norm."""
    case = view.case
    parts = [part for part in (case.current, case.before or case.reference) if part.num_rows]
    if len(parts) < 2:
        return 0.0
    columns = [name for name in case.current.column_names if all(name in part.column_names for part in parts)]
    columns = [name for name in columns if name not in {case.columns.target, *case.columns.outcomes}]
    now, usual = (1 - len(distinct(row_keys(part, columns))) / part.num_rows for part in parts)
    return max(0.0, float(now - usual))


def _lean_blocks(view: View, least: float) -> tuple[float, int] | None:
    """Return the share of rows that lean blocks lack and how many blocks are lean; None: none is."""
    blocks = np.array(view.counts.blocks or [0], dtype=float)
    usual = _usual_blocks(view, least, len(blocks))
    if len(blocks) < 2 or usual.min() < _FEWEST_EXPECTED:
        return None
    lean = blocks < _FEW_IN_A_BLOCK * usual
    lost = float((usual - blocks)[lean].sum()) / least
    return (lost, int(lean.sum())) if lean.any() else None


def _usual_blocks(view: View, least: float, blocks: int) -> FloatArray:
    """Return the fewest rows that a block had in the window before; without one, an even part of the window."""
    before = view.case.before
    if before is None or not before.num_rows or not view.counts.before:
        return np.full(blocks, least / blocks)
    times = times_of(before, view.case.columns.timestamp)
    counts, _ = np.histogram(times, bins=blocks)
    return np.full(blocks, min(counts.min() * view.counts.before / before.num_rows, least / blocks))
