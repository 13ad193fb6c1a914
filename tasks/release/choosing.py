"""Which rows of the holdout may judge: those that neither model has seen, and that have not judged too often."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.contract import Column
from tasks.data.conversion import convert
from tasks.data.keys import Keys, row_keys
from tasks.data.labels import read_labels
from tasks.data.rows import where
from tasks.data.snapshot import load_snapshot
from tasks.data.splits import Mask, within
from tasks.data.window import microseconds
from tasks.judgement.freshness import unseen
from tasks.judgement.wear import Uses
from tasks.release import wear
from tasks.release.arena import Arena
from tasks.release.material import event_times, split_masks
from tasks.release.versions import Version
from tasks.release.wear import Attempt
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Chosen:
    """Which labelled rows of the holdout window may judge."""

    rows: npt.NDArray[np.intp]
    """Their places among the labelled rows of the window."""
    keys: Keys
    uses: Uses
    """How many other verdicts each has served for."""
    seen: int
    """Rows that may not, because the champion was trained or chosen on them,"""
    worn: int
    """or because they have judged as often as ``gate.max_uses`` allows."""
    fresh: Keys
    """All that the champion has not seen, worn out or not: an attempt is known by them."""


def choose(arena: Arena, *, judged: Path | None = None) -> Chosen:
    """Return the rows that neither champion nor challenger has seen, and that are not worn out.

    ``judged`` is the folder in which attempts are recorded; None: rows do not wear out.
    """
    held = arena.held()
    keys = row_keys(held, arena.recipe.spec.source.key)
    fresh = unseen(keys, _seen_by_champion(arena)) & ~_learned_before(arena, held)
    uses = _uses(arena, keys[fresh], judged)
    usable = uses < (arena.recipe.spec.gate.max_uses or np.inf)
    rows = np.flatnonzero(fresh)[usable]
    seen, worn = int((~fresh).sum()), int((~usable).sum())
    return Chosen(rows, keys[rows], uses[usable], seen, worn, fresh=keys[fresh])


def record_attempt(arena: Arena, chosen: Chosen, judged: Path) -> None:
    """Write into the folder ``judged`` that the challenger has been judged by these rows: see ``wear``."""
    wear.record_attempt(judged, chosen.fresh, _attempt(arena))


def _seen_by_champion(arena: Arena) -> Keys:
    if arena.version is None:
        return np.empty(0, dtype=np.uint64)
    assert arena.splits.holdout.start is not None
    since = microseconds(arena.splits.holdout.start)
    return seen_keys(arena.version, arena.recipe.spec, since=since, like=arena.table.schema)


def _learned_before(arena: Arena, held: pa.Table) -> Mask:
    """Return which rows lie where a version learned that challenger or champion began from: by time, to be sure."""
    times = event_times(held, arena.recipe.spec.source)
    windows = [arena.challenger.continued, arena.version.lineage.continued if arena.version else None]
    found = np.zeros(len(times), dtype=bool)
    for window in windows:
        found |= within(times, window) if window else False
    return found


def _uses(arena: Arena, keys: Keys, judged: Path | None) -> Uses:
    if judged is None:
        return np.zeros(len(keys), dtype=np.int64)
    return wear.count_uses(judged, keys, _attempt(arena))


def _attempt(arena: Arena) -> Attempt:
    rival = arena.version.artifact.digest if arena.version else "baseline"
    return Attempt(arena.challenger.artifact.digest, rival, arena.splits.holdout)


def seen_keys(version: Version, spec: ModelSpec, *, since: int, like: pa.Schema | None = None) -> Keys:
    """Return the keys of all rows from ``since`` (microseconds, UTC) on that ``version`` was trained or chosen on.

    ``like`` gives the types of today's key columns, if they may have changed. The keys are read from the snapshot
    that the version's lineage names, so the answer is right to the row.
    """
    lineage = version.lineage
    if microseconds(lineage.splits.validation.end) <= since:
        return np.empty(0, dtype=np.uint64)
    source = spec.source
    columns = [*source.key, source.timestamp, source.target, *([source.group] if source.group else [])]
    table = load_snapshot(lineage.rows, list(dict.fromkeys(columns)))
    masks = split_masks(table, read_labels(table.column(source.target), spec), lineage.splits, spec)
    seen = where(table, masks["train"] | masks["validation"]).select(source.key)
    return row_keys(_in_types_of(like, seen) if like else seen, source.key)


def _in_types_of(like: pa.Schema, table: pa.Table) -> pa.Table:
    """Return ``table`` in today's types: a key that was a number and is text now is still the same key."""
    wanted = [Column(name, like.field(name).type, True, "identifier") for name in table.column_names]
    return pa.table({column.name: convert(table.column(column.name), column).values for column in wanted})
