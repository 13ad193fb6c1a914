"""A quick champion of a data set: LightGBM on its columns as they are, and on the hour and the day of the week."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.drift.datasets import DataSet
from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled, Target
from tasks.learning.gbm.fitting import fit
from tasks.learning.gbm.model import Trees
from tasks.learning.problem import Problem
from tasks.monitoring.triage import Columns
from tasks.spec import LightGBMSpec

DAY = 86_400_000_000
"""Microseconds."""
Words = tuple[tuple[str, tuple[str, ...]], ...]
"""Features in their order, each with the words that its codes stand for; no words: a number."""


@dataclass(frozen=True)
class Champion:
    """Trees, and the words that their codes stand for."""

    trees: Trees
    columns: Columns
    words: Words

    def predict(self, table: pa.Table) -> FloatArray:
        return self.trees.predict(_matrix(table, self.columns, self.words))


def train(data: DataSet, *, train_rows: pa.Table, chosen: pa.Table) -> Champion:
    """Return the trees up to the round that was best on the ``chosen`` rows."""
    words = features(pa.concat_tables([train_rows, chosen]), data.columns)
    classes = () if data.task == "regression" else (0, 1)
    problem = Problem(data.task, Target(data.columns.target, classes), seed=0, threads=1)
    learned, judged = (_labelled(rows, data.columns, words) for rows in (train_rows, chosen))
    return Champion(fit(LightGBMSpec(kind="lightgbm", rounds=300), learned, judged, problem), data.columns, words)


def _labelled(table: pa.Table, columns: Columns, words: Words) -> Labelled:
    table = table.filter(pc.is_valid(table.column(columns.target)))
    labels = np.asarray(table.column(columns.target).to_numpy(), dtype=np.float64)
    return Labelled(_matrix(table, columns, words), labels)


def features(table: pa.Table, columns: Columns) -> Words:
    """Return the features with their words: all that is neither key, time nor target, and words of the key."""
    away = {columns.timestamp, columns.target, *columns.outcomes}
    found = []
    for field in table.schema:
        is_word = pa.types.is_dictionary(field.type)
        if field.name in away or pa.types.is_temporal(field.type) or (field.name in columns.key and not is_word):
            continue
        values = table.column(field.name).cast(pa.string()).drop_null().unique().to_pylist() if is_word else []
        found.append((field.name, tuple(values)))
    return tuple(found)


def _matrix(table: pa.Table, columns: Columns, parts: Words) -> FeatureMatrix:
    """Return the features, with the hour of the day and the day of the week."""
    times = times_of(table, columns)
    found = [_coded(table.column(name), words) for name, words in parts]
    found += [times % DAY / DAY, (times // DAY % 7).astype(np.float64)]
    values = np.column_stack(found).astype(np.float32)
    names = (*(name for name, _ in parts), "hour", "weekday")
    return FeatureMatrix(values, names, (*(len(words) for _, words in parts), 0, 0))


def _coded(column: pa.ChunkedArray, words: tuple[str, ...]) -> FloatArray:
    if words:
        column = pc.index_in(column.cast(pa.string()), value_set=pa.array(words, pa.string()))
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def times_of(table: pa.Table, columns: Columns) -> npt.NDArray[np.int64]:
    """Return event times, microseconds, shape (rows,)."""
    return np.asarray(table.column(columns.timestamp).cast(pa.int64()).to_numpy(), dtype=np.int64)
