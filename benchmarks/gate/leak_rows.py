"""Leaks in which rows stand where, and when, planted into honest data."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.gate.leak_data import Data, case
from tasks.judgement.leakage.case import AuditCase, Part

_SHARED = 0.2


def duplicates(data: Data, draw: np.random.Generator) -> AuditCase:
    """A fifth of the holdout's rows stand in train too, with another key."""
    made = case(data)
    rows = draw.choice(made.holdout.rows, int(_SHARED * made.holdout.rows), replace=False)
    return replace(made, train=_joined(made.train, _rows(made.holdout, rows), draw, keep_keys=False))


def declared_groups(data: Data, draw: np.random.Generator) -> AuditCase:
    made = case(data)
    train, validation, holdout = (replace(part, groups=draw.integers(0, 50, part.rows)) for part in made.parts)
    return replace(made, train=train, validation=validation, holdout=holdout)


def random_split(data: Data, draw: np.random.Generator) -> AuditCase:
    """A third of the holdout's rows change places with rows of train: split at random."""
    made = case(data)
    size = made.holdout.rows // 3
    out, into = (draw.permutation(part.rows) for part in (made.holdout, made.train))
    kept, moved = _rows(made.holdout, out[size:]), _rows(made.train, into[:size])
    trained = _joined(_rows(made.train, into[size:]), _rows(made.holdout, out[:size]), draw, keep_keys=True)
    return replace(made, train=trained, holdout=_joined(kept, moved, draw, keep_keys=True))


def horizon(data: Data, _: np.random.Generator) -> AuditCase:
    """Labels that take longer than the gap before the holdout."""
    made = case(data)
    length = int(made.holdout.times.max() - made.holdout.times.min())
    return replace(made, label_delay=data.label_delay + timedelta(microseconds=length // 2))


def champion(data: Data, _: np.random.Generator) -> AuditCase:
    """The champion has seen 60 % of the holdout's window."""
    made = case(data)
    seen = made.holdout.rows * 6 // 10
    left = _rows(made.holdout, np.arange(seen, made.holdout.rows))
    return replace(made, holdout=left, champion_named=True, seen_by_champion=seen)


def _rows(part: Part, rows: npt.NDArray[np.int64]) -> Part:
    table = _table(part).take(pa.array(rows))
    return Part(table, part.labels[rows], part.times[rows], part.keys[rows])


def _joined(part: Part, more: Part, draw: np.random.Generator, *, keep_keys: bool) -> Part:
    """Return ``part`` with the rows of ``more``; unless they keep their keys, at the time of some row of ``part``."""
    keys = more.keys if keep_keys else draw.integers(0, 2**63, more.rows).astype(np.uint64)
    times = more.times if keep_keys else draw.choice(part.times, more.rows)
    table = pa.concat_tables([_table(part), _table(more).cast(part.table.schema)]).unify_dictionaries()
    labels, keys = np.concatenate([part.labels, more.labels]), np.concatenate([part.keys, keys])
    times = np.concatenate([part.times, times])
    order = np.argsort(times, kind="stable")
    return Part(table.take(pa.array(order)), labels[order], times[order], keys[order])


def _table(part: Part) -> pa.Table:
    assert isinstance(part.table, pa.Table)  # as `case()` makes it
    return part.table
