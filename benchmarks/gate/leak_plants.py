"""Leaks of every kind, planted into honest data."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.gate.leak_data import Data, case
from tasks.data.keys import row_keys
from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.case import AuditCase, LeakKind, Part
from tasks.metrics import Task

LEAK, REST = "planted", "planted_rest"
LEAKS = (LEAK, REST)
_SEED = 11
_SHARED = 0.2
_GROUP_ROWS = 8


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


def _copy(data: Data, _: np.random.Generator) -> AuditCase:
    return case(data.with_column(LEAK, data.labels))


def _monotone(data: Data, _: np.random.Generator) -> AuditCase:
    spread = float(data.labels.std())
    return case(data.with_column(LEAK, np.exp((data.labels - data.labels.mean()) / (4 * spread)) * 3 - 7))


def _near_copy(data: Data, draw: np.random.Generator) -> AuditCase:
    """Two of a hundred labels are another row's; a regression's are off by a hundredth of their spread."""
    if data.task == "regression":
        return case(data.with_column(LEAK, data.labels + 0.01 * data.labels.std() * draw.normal(size=len(data.labels))))
    return case(data.with_column(LEAK, _flipped(data, draw)))


def _flipped(data: Data, draw: np.random.Generator) -> FloatArray:
    flipped, classes = data.labels.copy(), len(np.unique(data.labels))
    rows = draw.choice(len(flipped), len(flipped) // 50, replace=False)
    flipped[rows] = (flipped[rows] + draw.integers(1, classes, len(rows))) % classes
    return flipped


def _category(data: Data, draw: np.random.Generator) -> AuditCase:
    """Three words for each class; for a regression one for each twentieth."""
    codes = (
        _bands(data.labels, 20)
        if data.task == "regression"
        else data.labels * 3 + draw.integers(0, 3, len(data.labels))
    )
    words = np.array([f"S{code:03d}" for code in draw.permutation(200)])[codes.astype(int)]
    return case(data.with_column(LEAK, words))


def _coded(data: Data, draw: np.random.Generator) -> AuditCase:
    """The same as whole numbers, in no order."""
    codes = (
        _bands(data.labels, 20)
        if data.task == "regression"
        else data.labels * 5 + draw.integers(0, 5, len(data.labels))
    )
    return case(data.with_column(LEAK, draw.permutation(400)[codes.astype(int)] + 100))


def _missing(data: Data, draw: np.random.Generator) -> AuditCase:
    return case(data.with_column(LEAK, _gapped(data, draw.normal(size=len(data.labels)), draw)))


def _gapped(data: Data, values: FloatArray, draw: np.random.Generator) -> pa.Array:
    """Filled for one class, or the upper half, and for one in a hundred of the others."""
    filled = data.labels > np.median(data.labels) if data.task == "regression" else data.labels == data.labels.max()
    return pa.array(values.round(3), mask=~(filled | (draw.random(len(filled)) < 0.01)))


def _partly_missing(data: Data, draw: np.random.Generator) -> AuditCase:
    """Filled for six in ten of one class, and for no other row."""
    one = _one(data)
    filled = one & (draw.random(len(one)) < 0.6)
    return case(data.with_column(LEAK, pa.array(np.where(filled, "yes", "no"), mask=~filled)))


def _one(data: Data) -> npt.NDArray[np.bool_]:
    """The rows of the least common class; of a regression the upper half."""
    if data.task == "regression":
        return np.asarray(data.labels > np.median(data.labels))
    values, counts = np.unique(data.labels, return_counts=True)
    return np.asarray(data.labels == values[counts.argmin()])


def _outcome(data: Data, draw: np.random.Generator) -> AuditCase:
    made = case(data.with_column(LEAK, draw.normal(size=len(data.labels))))
    return replace(made, outcomes=made.outcomes | {LEAK})


def _renamed_outcome(data: Data, draw: np.random.Generator) -> AuditCase:
    """A copy of an outcome that has nothing to do with the target, under another name and as text."""
    codes = draw.integers(0, 40, len(data.labels))
    outcome = pa.table({"settled": pa.array(codes)})
    words = pa.array([f"code {code}" for code in codes])
    return case(replace(data.with_column(LEAK, words), outcomes=outcome))


def _late(data: Data, draw: np.random.Generator) -> AuditCase:
    waits = (draw.exponential(2e10, len(data.labels)) + 1e9).astype(np.int64)
    closed = pa.array(data.times + waits, mask=draw.random(len(waits)) < 0.3)
    return case(data.with_column(LEAK, closed.cast(pa.timestamp("us", "UTC")), feature=False))


def _suffix(data: Data, draw: np.random.Generator) -> AuditCase:
    """A key whose last letter says from which table the row came."""
    return case(
        data.with_column(
            LEAK, np.array([f"A{n:07d}{'KQXYZABCDE'[k]}" for n, k in zip(_ids(data, draw), _ten(data), strict=True)])
        )
    )


def _range(data: Data, draw: np.random.Generator) -> AuditCase:
    """A key that was numbered after the rows were sorted by label."""
    bands = _bands(data.labels, 50) if data.task == "regression" else data.labels
    made = data.with_column(LEAK, (bands * 10_000_000).astype(np.int64) + _ids(data, draw))
    return case(replace(made, key=(*data.key, LEAK)))


def _digit(data: Data, draw: np.random.Generator) -> AuditCase:
    return case(data.with_column(LEAK, 10 * _ids(data, draw) + _ten(data)))


def _ids(data: Data, draw: np.random.Generator) -> npt.NDArray[np.int64]:
    return draw.permutation(len(data.labels)).astype(np.int64)


def _ten(data: Data) -> npt.NDArray[np.int64]:
    """The class; of a regression the tenth."""
    codes = _bands(data.labels, 10) if data.task == "regression" else data.labels
    return codes.astype(np.int64)


def _duplicates(data: Data, draw: np.random.Generator) -> AuditCase:
    """A fifth of the holdout's rows stand in train too, with another key."""
    made = case(data)
    rows = draw.choice(made.holdout.rows, int(_SHARED * made.holdout.rows), replace=False)
    return replace(made, train=_joined(made.train, _rows(made.holdout, rows), draw, keep_keys=False))


def _groups(data: Data, draw: np.random.Generator) -> AuditCase:
    """Patients of eight rows with one outcome, on both sides of the split, whom nobody declared."""
    order = np.lexsort((draw.random(len(data.labels)), data.labels))
    patients = np.empty(len(order), dtype=np.int64)
    patients[order] = np.arange(len(order)) // _GROUP_ROWS
    names = np.array([f"P{n}" for n in draw.permutation(patients.max() + 1)])[patients]
    return case(data.with_column(LEAK, names, feature=False))


def _declared_groups(data: Data, draw: np.random.Generator) -> AuditCase:
    made = case(data)
    train, validation, holdout = (replace(part, groups=draw.integers(0, 50, part.rows)) for part in made.parts)
    return replace(made, train=train, validation=validation, holdout=holdout)


def _standardised(data: Data, draw: np.random.Generator) -> AuditCase:
    raw = _drifting(data, draw)
    return case(data.with_column(LEAK, (raw - raw.mean()) / raw.std()))


def _unit_range(data: Data, draw: np.random.Generator) -> AuditCase:
    raw = _drifting(data, draw)
    return case(data.with_column(LEAK, (raw - raw.min()) / (raw.max() - raw.min())))


def _drifting(data: Data, draw: np.random.Generator) -> FloatArray:
    """Numbers that tell nothing, and rise by three standard deviations over the whole time."""
    place = (data.times - data.times.min()) / (data.times.max() - data.times.min())
    return np.asarray(draw.normal(5, 1, len(data.labels)) + 3 * place)


def _encoded(data: Data, draw: np.random.Generator) -> AuditCase:
    """The mean label of each of thirty branches over all rows, drawn to the middle by ten rows."""
    whole = case(data)
    branch = draw.integers(0, min(30, len(data.labels) // 20), len(data.labels))
    inside = np.isin(row_keys(data.table, data.key), np.concatenate([part.keys for part in whole.parts]))
    labels = data.labels == data.labels.max() if data.task == "multiclass" else data.labels
    sums, rows = np.bincount(branch[inside], labels[inside]), np.bincount(branch[inside])
    return case(data.with_column(LEAK, ((sums + 10 * labels[inside].mean()) / (rows + 10))[branch]))


def _order(data: Data, draw: np.random.Generator) -> AuditCase:
    """A third of the holdout's rows change places with rows of train: split at random."""
    made = case(data)
    size = made.holdout.rows // 3
    out, into = (draw.permutation(part.rows) for part in (made.holdout, made.train))
    kept, moved = _rows(made.holdout, out[size:]), _rows(made.train, into[:size])
    trained = _joined(_rows(made.train, into[size:]), _rows(made.holdout, out[:size]), draw, keep_keys=True)
    return replace(made, train=trained, holdout=_joined(kept, moved, draw, keep_keys=True))


def _horizon(data: Data, _: np.random.Generator) -> AuditCase:
    """Labels that take longer than the gap before the holdout."""
    made = case(data)
    length = int(made.holdout.times.max() - made.holdout.times.min())
    return replace(made, label_delay=data.label_delay + timedelta(microseconds=length // 2))


def _champion(data: Data, _: np.random.Generator) -> AuditCase:
    """The champion has seen 60 % of the holdout's window."""
    made = case(data)
    seen = made.holdout.rows * 6 // 10
    left = _rows(made.holdout, np.arange(seen, made.holdout.rows))
    return replace(made, holdout=left, champion_named=True, seen_by_champion=seen)


def _sum(data: Data, draw: np.random.Generator) -> AuditCase:
    """Two columns that add up to the target."""
    goods = draw.normal(0, 1, len(data.labels)) * data.labels.std()
    return case(data.with_column(LEAK, goods).with_column(REST, data.labels - goods))


def _bands(labels: FloatArray, count: int) -> FloatArray:
    """The band of each label, 0 to ``count`` - 1, of equally many rows each."""
    edges = np.quantile(labels, np.linspace(0, 1, count + 1)[1:-1])
    return np.searchsorted(edges, labels, side="right").astype(np.float64)


def _rows(part: Part, rows: npt.NDArray[np.int64]) -> Part:
    table = part.table.take(pa.array(rows))
    return Part(table, part.labels[rows], part.times[rows], part.keys[rows])


def _joined(part: Part, more: Part, draw: np.random.Generator, *, keep_keys: bool) -> Part:
    """Return ``part`` with the rows of ``more``; unless they keep their keys, at the time of some row of ``part``."""
    keys = more.keys if keep_keys else draw.integers(0, 2**63, more.rows).astype(np.uint64)
    times = more.times if keep_keys else draw.choice(part.times, more.rows)
    table = pa.concat_tables([part.table, more.table.cast(part.table.schema)]).unify_dictionaries()
    labels, keys = np.concatenate([part.labels, more.labels]), np.concatenate([part.keys, keys])
    times = np.concatenate([part.times, times])
    order = np.argsort(times, kind="stable")
    return Part(table.take(pa.array(order)), labels[order], times[order], keys[order])


_NEAR: tuple[LeakKind, ...] = ("near_copy", "target_copy", "deciding_category")
PLANTS: tuple[Plant, ...] = (
    Plant("copy of the target", ("target_copy", "outcome_column"), _copy),
    Plant("monotone function of it", ("target_copy", "outcome_column"), _monotone),
    Plant("near-copy", _NEAR, _near_copy),
    Plant("word that decides", ("deciding_category",), _category),
    Plant("code that decides", ("deciding_category", "near_copy"), _coded),
    Plant("filled afterwards", ("missingness",), _missing),
    Plant("filled afterwards, now and then", ("missingness",), _partly_missing),
    Plant("outcome that is read", ("outcome_column",), _outcome),
    Plant("outcome under another name", ("outcome_column",), _renamed_outcome),
    Plant("time after the event", ("late_timestamp",), _late),
    Plant("id with a telling suffix", ("identifier",), _suffix),
    Plant("id of a telling range", ("identifier",), _range),
    Plant("id with a telling digit", ("identifier",), _digit),
    Plant("rows twice", ("duplicate_rows",), _duplicates, column=False, untested="rows that stand on both sides"),
    Plant("groups, not declared", ("shared_groups",), _groups),
    Plant("groups, declared", ("shared_groups",), _declared_groups, column=False),
    Plant("standardised before the split", ("fitted_before_split",), _standardised),
    Plant("put in 0 to 1 before the split", ("fitted_before_split",), _unit_range),
    Plant("target-encoded before the split", ("fitted_before_split",), _encoded),
    Plant("split at random", ("time_order",), _order, column=False),
    Plant("labels that come too late", ("label_horizon",), _horizon, column=False),
    Plant("champion saw the holdout", ("champion_saw_holdout",), _champion, column=False),
    Plant("columns that add up to it", ("sum_of_columns", "near_copy"), _sum, tasks=("binary", "regression")),
)
