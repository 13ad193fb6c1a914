"""Loans, some of which default: honest columns, to which a test adds its leak."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.keys import row_keys
from tasks.judgement.leakage.case import AuditCase, Part, Times
from tasks.metrics import Task

FIRST_DAY = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
HOUR = 3_600_000_000
Columns = dict[str, object]


class Loans:
    """A table in order of time, to be made into a case."""

    def __init__(self, task: Task = "binary", rows: int = 3000, seed: int = 0) -> None:
        self.task: Task = task
        self.draw = np.random.default_rng(seed)
        income, debt = self.draw.normal(size=rows), self.draw.normal(size=rows)
        risk = debt - income + self.draw.normal(size=rows)
        self.labels = risk if task == "regression" else (risk > 1).astype(float)
        if task == "multiclass":
            self.labels += risk > 2
        self.times: Times = FIRST_DAY + HOUR * np.arange(rows)
        self.columns: Columns = {"income": income, "debt": debt, "branch": self.draw.choice(list("abcde"), rows)}

    def case(self, *, beside: Columns | None = None, outcomes: Columns | None = None, **features: object) -> AuditCase:
        """Return the case, with more ``features``, and with columns ``beside`` them that the model may read."""
        rows = len(self.labels)
        front = {"at": pa.array(self.times).cast(pa.timestamp("us", "UTC")), "loan": np.arange(rows) * 7919 % 1_000_003}
        table = pa.table({**front, **self.columns, **features, **(beside or {})})
        known = pa.table(outcomes) if outcomes else None
        cuts = [0, rows * 6 // 10, rows * 8 // 10, rows]
        train, validation, holdout = (self._part(table, known, slice(*cut)) for cut in pairwise(cuts))
        return AuditCase(
            task=self.task,
            train=train,
            validation=validation,
            holdout=holdout,
            features=(*self.columns, *features),
            reads=tuple(table.column_names),
            outcomes=frozenset(outcomes or ()),
            key=("loan",),
            timestamp="at",
        )

    def _part(self, table: pa.Table, outcomes: pa.Table | None, rows: slice) -> Part:
        mine = table.slice(rows.start, rows.stop - rows.start)
        known = None if outcomes is None else outcomes.slice(rows.start, rows.stop - rows.start)
        return Part(mine, self.labels[rows], self.times[rows], row_keys(mine, ["loan"]), outcome_table=known)


@pytest.fixture
def loans() -> Callable[..., Loans]:
    return Loans


@pytest.fixture
def take() -> Callable[[Part, np.ndarray], Part]:
    """Choose rows of a part."""

    def chosen(part: Part, rows: np.ndarray) -> Part:
        assert isinstance(part.table, pa.Table)
        table = part.table.take(pa.array(rows))
        return replace(part, table=table, labels=part.labels[rows], times=part.times[rows], keys=part.keys[rows])

    return chosen
