"""Fourteen troubles, each a function of a table that leaves ``severity`` of its rows in trouble. Pure and seeded."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.matrix import FloatArray
from tasks.monitoring.triage import Columns, Trouble

_HOUR = 3_600_000_000
_SECOND = 1_000_000
SEVERITIES = (0.2, 0.5, 1.0)
"""Of the rows, how many are affected."""


@dataclass(frozen=True)
class Targets:
    """Which columns of a data set the troubles are made in."""

    columns: Columns
    number: str
    """A number that is hardly ever missing, and takes many values."""
    swap: tuple[str, str]
    word: str
    convert: tuple[float, float]
    """Factor and offset of a change of unit of ``number``."""
    hours: int
    """By how many the clock goes wrong."""
    shift: str
    """A number whose distribution may change without changing what follows from it."""


Fault = Callable[[pa.Table, Targets, float, int], pa.Table]
"""(rows of the window, targets, severity, seed) → the rows as they arrive."""


def null_surge(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with a number missing."""
    column = table.column(targets.number)
    return _set(table, targets.number, pc.if_else(pa.array(_some(table, severity, seed)), None, column))


def unit_change(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with a number in another unit."""
    factor, offset = targets.convert
    return _replace(table, targets.number, _some(table, severity, seed), lambda right: right * factor + offset)


def frozen_column(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with a number that stays what it was: from some moment on, the last value."""
    del seed
    late = np.arange(table.num_rows) >= round((1 - severity) * table.num_rows)
    values = table.column(targets.number).drop_null()
    last = values[min(int((~late).sum()), len(values) - 1)].as_py()
    return _replace(table, targets.number, late, lambda right: np.full(len(right), float(last)))


def swapped_columns(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with two numbers in each other's place."""
    some = pa.array(_some(table, severity, seed))
    one, other = (table.column(name).cast(pa.float64()) for name in targets.swap)
    swapped = _set(table, targets.swap[0], pc.if_else(some, other, one))
    return _set(swapped, targets.swap[1], pc.if_else(some, one, other))


def renamed_category(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with the most common words renamed, so many that ``severity`` of the rows have a new one."""
    del seed
    words = table.column(targets.word).cast(pa.string())
    counts = pc.value_counts(words.drop_null())
    order = np.argsort(-counts.field("counts").to_numpy(), kind="stable")
    reached = np.cumsum(counts.field("counts").to_numpy()[order]) / len(words)
    names = counts.field("values").take(pa.array(order[: int((reached < severity).sum()) + 1]))
    renamed = pc.binary_join_element_wise("v2", words, "-")
    changed = pc.if_else(pc.is_in(words, names), renamed, words)
    return _set(table, targets.word, changed.combine_chunks().dictionary_encode())


def vanished_category(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows without those of the most common word, but for a share of them."""
    words = table.column(targets.word).cast(pa.string())
    common = pc.mode(table.column(targets.word).combine_chunks().indices)[0]["mode"].as_py()
    is_common = np.asarray(pc.equal(words, table.column(targets.word).combine_chunks().dictionary[common]).to_numpy())
    return table.filter(pa.array(~(is_common & _some(table, severity, seed))))


def duplicated_load(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with the last ones there twice."""
    del seed
    again = table.slice(table.num_rows - round(severity * table.num_rows))
    return pa.concat_tables([table, again]).sort_by(targets.columns.timestamp).combine_chunks()


def missing_rows(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows without each second one, in so much of the window."""
    late = np.arange(table.num_rows) >= round((1 - severity) * table.num_rows)
    del targets
    return table.filter(pa.array(~(late & _some(table, 0.5, seed))))


def clock_shift(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows some hours off."""
    some = _some(table, severity, seed)
    name = targets.columns.timestamp
    times = np.asarray(table.column(name).cast(pa.int64()).to_numpy()) + some * targets.hours * _HOUR
    return _set(table, name, pa.array(times).cast(pa.timestamp("us", "UTC"))).sort_by(name).combine_chunks()


def label_delay(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows without the labels of so many of them, and of the high ones last: those come early."""
    labels = np.asarray(table.column(targets.columns.target).to_numpy(), dtype=float)
    order = np.nan_to_num(labels) + np.random.default_rng(seed).normal(0, np.nanstd(labels) / 2, len(labels))
    late = order <= np.quantile(order, min(severity, 0.9))
    return _set(table, targets.columns.target, pa.array(np.where(late, np.nan, labels), from_pandas=True))


def covariate_shift(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return as many rows, drawn so that those with high values of one number are more frequent."""
    values = np.nan_to_num(_numbers(table, targets.shift), nan=np.nanmedian(_numbers(table, targets.shift)))
    rank = values.argsort().argsort() / len(values)
    weight = np.exp(4 * severity * rank)
    chosen = np.random.default_rng(seed).choice(len(values), len(values), p=weight / weight.sum())
    return _drawn(table, chosen, targets.columns)


def abrupt_drift(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with labels that follow from nothing they did: so many are another row's."""
    some = _some(table, severity, seed)
    return _replace(table, targets.columns.target, some, lambda right: np.random.default_rng(seed).permutation(right))


def gradual_drift(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with labels that follow less and less from what they did."""
    growing = np.linspace(0, severity, table.num_rows) > np.random.default_rng(seed).random(table.num_rows)
    return _replace(
        table, targets.columns.target, growing, lambda right: np.random.default_rng(seed).permutation(right)
    )


def campaign(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with those of the middle of the window all from the upper tail of one number."""
    values = _numbers(table, targets.shift)
    middle = np.zeros(len(values), dtype=bool)
    middle[len(values) // 7 * 2 : len(values) // 7 * 5] = True
    high = np.flatnonzero(middle & (values >= np.nanquantile(values, 0.8)))
    some = middle & _some(table, severity, seed)
    drawn = np.random.default_rng(seed).choice(high, len(values))
    return _drawn(table, np.where(some, drawn, np.arange(len(values))), targets.columns)


def season(table: pa.Table, targets: Targets, severity: float, seed: int) -> pa.Table:
    """Return the rows with a number as it is in another season: moved by up to its own spread."""
    del seed
    spread = severity * float(np.nanstd(_numbers(table, targets.shift)))
    return _replace(table, targets.shift, np.ones(table.num_rows, dtype=bool), lambda right: right + spread)


FAULTS: tuple[tuple[Trouble, Fault], ...] = (
    ("null_surge", null_surge),
    ("unit_change", unit_change),
    ("frozen_column", frozen_column),
    ("swapped_columns", swapped_columns),
    ("renamed_category", renamed_category),
    ("duplicated_load", duplicated_load),
    ("missing_rows", missing_rows),
    ("clock_shift", clock_shift),
    ("label_delay", label_delay),
    ("covariate_shift", covariate_shift),
    ("gradual_drift", gradual_drift),
    ("abrupt_drift", abrupt_drift),
    ("passing", campaign),
    ("season", season),
)
"""The fourteen, each with what triage should call it."""


def _drawn(table: pa.Table, rows: npt.NDArray[np.int64], columns: Columns) -> pa.Table:
    """Return the drawn rows in order of time; one drawn again is another row, a second later, with another number.

    They keep their time of day: what follows from a row is to follow from it as before.
    """
    rows = np.sort(rows)
    again = np.arange(len(rows)) - np.searchsorted(rows, rows)
    drawn = table.take(pa.array(rows))
    for name in columns.key:
        if name != columns.timestamp and not pa.types.is_dictionary(table.schema.field(name).type):
            drawn = _set(drawn, name, table.column(name).slice(0, len(rows)))
    times = np.asarray(drawn.column(columns.timestamp).cast(pa.int64()).to_numpy()) + again * _SECOND
    drawn = _set(drawn, columns.timestamp, pa.array(times).cast(pa.timestamp("us", "UTC")))
    return drawn.sort_by(columns.timestamp).combine_chunks()


def _some(table: pa.Table, severity: float, seed: int) -> npt.NDArray[np.bool_]:
    return np.asarray(np.random.default_rng(seed).random(table.num_rows) < severity)


def _numbers(table: pa.Table, name: str) -> FloatArray:
    return np.asarray(table.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)


def _replace(
    table: pa.Table, name: str, some: npt.NDArray[np.bool_], change: Callable[[FloatArray], FloatArray]
) -> pa.Table:
    values = _numbers(table, name).copy()
    values[some] = change(values[some])
    return _set(table, name, pa.array(values, from_pandas=True))


def _set(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)
