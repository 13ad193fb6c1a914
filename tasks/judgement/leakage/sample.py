"""The rows that statistics look at: some to learn a rule on, later ones to judge it by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.matrix import FloatArray
from tasks.data.rows import at
from tasks.judgement.leakage.case import AuditCase, Part
from tasks.metrics import Task

MOST_ROWS = 30_000
"""Of each side. What decides a label does so in these already; more rows only cost time."""
FEWEST_LEARNED = 100
FEWEST_JUDGED = 50
FEWEST_OF_CLASS = 10
"""On either side. Below these an honest column can decide all labels by chance."""


@dataclass(frozen=True)
class Side:
    """Evenly spread rows: learned on are those of train, judged by those of validation and holdout."""

    table: pa.Table
    labels: FloatArray


@dataclass(frozen=True)
class View:
    """What statistics look at."""

    task: Task
    learned: Side
    judged: Side

    @property
    def too_few(self) -> str | None:
        """The reason why no statistic is to be trusted; None: there are rows enough."""
        learned, judged = len(self.learned.labels), len(self.judged.labels)
        if learned < FEWEST_LEARNED or judged < FEWEST_JUDGED:
            return (
                f"{learned:,} rows of train and {judged:,} of validation and holdout; "
                f"{FEWEST_LEARNED} and {FEWEST_JUDGED} are needed"
            )
        if self.task != "regression" and len(_classes(self.learned) & _classes(self.judged)) < 2:
            return f"fewer than two classes have {FEWEST_OF_CLASS} rows in train, and in validation and holdout"
        return None


def _classes(side: Side) -> set[float]:
    values, rows = np.unique(side.labels, return_counts=True)
    return set(values[rows >= FEWEST_OF_CLASS].tolist())


def view(case: AuditCase) -> View:
    """Return the evenly spread rows of ``case`` that statistics look at."""
    return View(case.task, _side(case.train), _side(case.validation, case.holdout))


def spread(rows: int, most: int) -> npt.NDArray[np.int64]:
    """Return the positions of at most ``most`` of ``rows``, evenly spread.

    >>> spread(3, 5).tolist(), spread(10, 4).tolist()
    ([0, 1, 2], [0, 3, 6, 9])
    """
    return np.linspace(0, rows - 1, min(rows, most)).astype(np.int64)


def known_afterwards(case: AuditCase) -> tuple[pa.Table | None, pa.Table | None]:
    """Return the outcomes of the rows on both sides of ``view``; None where there are none."""
    return _outcomes(case.train), _outcomes(case.validation, case.holdout)


def _outcomes(*parts: Part) -> pa.Table | None:
    tables = [part.outcome_table for part in parts]
    if any(table is None for table in tables):
        return None
    known = [replace(part, table=table) for part, table in zip(parts, tables, strict=True) if table is not None]
    return _side(*known).table


def _side(*parts: Part) -> Side:
    labels = np.concatenate([part.labels for part in parts])
    chosen = spread(len(labels), MOST_ROWS)
    return Side(rows_at(chosen, parts), labels[chosen])


def rows_at(places: npt.NDArray[np.integer], parts: Sequence[Part], columns: Sequence[str] | None = None) -> pa.Table:
    """Return the rows at ``places``, which grow, of ``parts`` one after the other, with all columns or some."""
    tables = [part.table.select(columns) if columns else part.table for part in parts]
    ends = np.cumsum([part.rows for part in parts])
    within = np.split(places, np.searchsorted(places, ends[:-1]))
    starts = [0, *ends[:-1]]
    pieces = [at(table, mine - start) for table, mine, start in zip(tables, within, starts, strict=True)]
    return pa.concat_tables(pieces)
