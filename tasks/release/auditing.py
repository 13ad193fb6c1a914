"""The rows of a training as the leakage audit wants to see them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tasks.data.keys import group_codes, row_keys
from tasks.data.rows import Rows
from tasks.data.splits import Mask
from tasks.judgement.leakage.case import AuditCase, Part
from tasks.release.arena import Arena
from tasks.release.choosing import Chosen


def audit_case(arena: Arena, chosen: Chosen) -> AuditCase:
    """Return train, validation, and the rows of the holdout that judge, with what spec and contract say of them."""
    spec, contract = arena.recipe.spec, arena.recipe.contract
    known = {part: mask & arena.labels.known for part, mask in arena.masks.items()}
    masks = {**known, "holdout": _only(arena.masks["holdout"], chosen)}
    in_no_part = ~np.logical_or.reduce(list(arena.masks.values()))
    reads = arena.model.features.reads
    learned = arena.model.features.columns
    return AuditCase(
        task="binary" if spec.task == "anomaly" else spec.task,  # which it is, where a label has come
        train=_part(arena, masks["train"]),
        validation=_part(arena, masks["validation"]),
        holdout=_part(arena, masks["holdout"]),
        features=tuple(name for name in reads if name in learned),
        reads=reads,
        outcomes=frozenset({*contract.names("outcome"), spec.source.target}),
        key=tuple(spec.source.key),
        timestamp=spec.source.timestamp,
        label_delay=spec.source.label_delay,
        champion_named=arena.version is not None,
        seen_by_champion=chosen.seen,
        texts=frozenset(text.column for text in arena.model.features.learned.texts),
        rest=Rows(arena.table.select(list(reads)), in_no_part),
    )


def _only(holdout: Mask, chosen: Chosen) -> Mask:
    """Return which rows of the whole table are those of the holdout that judge."""
    mask = np.zeros(len(holdout), dtype=bool)
    mask[np.flatnonzero(holdout)[chosen.rows]] = True
    return mask


def _part(arena: Arena, mask: Mask) -> Part:
    source, rows = arena.recipe.spec.source, Rows(arena.table, mask)
    # Of the whole table: a row without a group is a group of its own, and must not have another's number elsewhere.
    groups = group_codes(arena.table, source.group)
    return Part(
        table=rows.select(list(arena.model.features.reads)),
        labels=arena.labels.values[mask],
        times=_microseconds(rows, source.timestamp),
        keys=row_keys(rows, source.key),
        label_times=_microseconds(rows, source.label_time) if source.label_time else None,
        groups=None if groups is None else groups[mask],
        outcome_table=rows.select(_outcomes(arena)),
    )


def _outcomes(arena: Arena) -> Sequence[str]:
    there = arena.recipe.contract.names("outcome")
    return [name for name in there if name in arena.table.column_names]


def _microseconds(rows: Rows, column: str) -> "np.typing.NDArray[np.int64]":
    return np.asarray(rows.column(column).cast(pa.int64()).to_numpy())
