"""The kinds of leak that are planted, and what the audit may call each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.gate import leak_columns as columns
from benchmarks.gate import leak_rows as rows
from benchmarks.gate.leak_data import Data
from tasks.judgement.leakage.case import AuditCase, LeakKind
from tasks.metrics import Task

_SEED = 11


@dataclass(frozen=True)
class Plant:
    """One way to leak."""

    name: str
    kinds: tuple[LeakKind, ...]
    """What the audit may call it."""
    make: Callable[[Data, np.random.Generator], AuditCase]
    column: bool = True
    """It is in a column, which has to be named."""
    tasks: tuple[Task, ...] = ("binary", "multiclass", "regression")
    untested: str | None = None
    """What the audit says where it cannot look for it."""

    def suits(self, data: Data) -> bool:
        """Say whether there is such a leak for the task."""
        return data.task in self.tasks

    def into(self, data: Data) -> AuditCase:
        """Return the case of ``data`` with this leak in it."""
        return self.make(data, np.random.default_rng([_SEED, sum(map(ord, data.name + self.name))]))


_NEAR: tuple[LeakKind, ...] = ("near_copy", "target_copy", "deciding_category")
PLANTS: tuple[Plant, ...] = (
    Plant("copy of the target", ("target_copy", "outcome_column"), columns.target_copy),
    Plant("monotone function of it", ("target_copy", "outcome_column"), columns.monotone),
    Plant("near-copy", _NEAR, columns.near_copy),
    Plant("word that decides", ("deciding_category",), columns.category),
    Plant("code that decides", ("deciding_category", "near_copy"), columns.coded),
    Plant("filled afterwards", ("missingness",), columns.missing),
    Plant("filled afterwards, now and then", ("missingness",), columns.partly_missing),
    Plant("outcome that is read", ("outcome_column",), columns.outcome),
    Plant("outcome under another name", ("outcome_column",), columns.renamed_outcome),
    Plant("time after the event", ("late_timestamp",), columns.late),
    Plant("id with a telling suffix", ("identifier",), columns.suffix),
    Plant("id of a telling range", ("identifier",), columns.id_range),
    Plant("id with a telling digit", ("identifier",), columns.digit),
    Plant("rows twice", ("duplicate_rows",), rows.duplicates, column=False, untested="rows that stand on both sides"),
    Plant("groups, not declared", ("shared_groups",), columns.groups),
    Plant("groups, declared", ("shared_groups",), rows.declared_groups, column=False),
    Plant("standardised before the split", ("fitted_before_split",), columns.standardised),
    Plant("put in 0 to 1 before the split", ("fitted_before_split",), columns.unit_range),
    Plant("target-encoded before the split", ("fitted_before_split",), columns.encoded),
    Plant("split at random", ("time_order",), rows.random_split, column=False),
    Plant("labels that come too late", ("label_horizon",), rows.horizon, column=False),
    Plant("champion saw the holdout", ("champion_saw_holdout",), rows.champion, column=False),
    Plant(
        "columns that add up to it",
        ("sum_of_columns", "near_copy"),
        columns.parts_of_sum,
        tasks=("binary", "regression"),
    ),
)
