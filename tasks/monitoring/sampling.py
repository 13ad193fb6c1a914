"""A sample of rows that are read once: the same for the same rows, in whatever order and batches they come."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tasks.data.keys import Keys, row_keys

_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Sample:
    """Keeps the ``most`` rows whose mixed keys are smallest (bottom-k sampling: each row is as likely as any other)."""

    def __init__(self, key: Sequence[str], most: int) -> None:
        self._key, self._most = tuple(key), most
        self._tables: list[pa.Table] = []
        self._marks: list[Keys] = []
        self._bound: np.uint64 | None = None

    def add(self, rows: pa.Table) -> None:
        """Consider ``rows``."""
        marks = _mixed(row_keys(rows, self._key))
        if self._bound is not None:
            near = marks < self._bound
            rows, marks = rows.filter(pa.array(near)), marks[near]
        self._tables.append(rows)
        self._marks.append(marks)
        if sum(len(marks) for marks in self._marks) > 2 * self._most:
            self._shrink()

    def table(self) -> pa.Table | None:
        """Return the sample, ordered by nothing that rows mean; None when no rows were added."""
        if not self._tables:
            return None
        self._shrink()
        return self._tables[0]

    def _shrink(self) -> None:
        marks = np.concatenate(self._marks)
        table = pa.concat_tables(self._tables, promote_options="permissive")
        order = np.argsort(marks, kind="stable")[: self._most]
        self._tables, self._marks = [table.take(pa.array(order)).combine_chunks()], [marks[order]]
        self._bound = marks[order[-1]] if len(order) == self._most else None


def _mixed(keys: Keys) -> Keys:
    """Return ``keys`` so mixed that those of rows alike are not near one another (splitmix64, Steele et al. 2014)."""
    mixed = (keys ^ (keys >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
