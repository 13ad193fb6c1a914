"""Leaks in a column, planted into honest data."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.gate.leak_data import Data, case
from tasks.data.keys import row_keys
from tasks.data.matrix import FloatArray
from tasks.judgement.leakage.case import AuditCase

LEAK, REST = "planted", "planted_rest"
LEAKS = (LEAK, REST)
_GROUP_ROWS = 8


def target_copy(data: Data, _: np.random.Generator) -> AuditCase:
    return case(data.with_column(LEAK, data.labels))


def monotone(data: Data, _: np.random.Generator) -> AuditCase:
    spread = float(data.labels.std())
    return case(data.with_column(LEAK, np.exp((data.labels - data.labels.mean()) / (4 * spread)) * 3 - 7))


def near_copy(data: Data, draw: np.random.Generator) -> AuditCase:
    """Two of a hundred labels are another row's; a regression's are off by a hundredth of their spread."""
    if data.task == "regression":
        return case(data.with_column(LEAK, data.labels + 0.01 * data.labels.std() * draw.normal(size=len(data.labels))))
    return case(data.with_column(LEAK, _flipped(data, draw)))


def _flipped(data: Data, draw: np.random.Generator) -> FloatArray:
    flipped, classes = data.labels.copy(), len(np.unique(data.labels))
    rows = draw.choice(len(flipped), len(flipped) // 50, replace=False)
    flipped[rows] = (flipped[rows] + draw.integers(1, classes, len(rows))) % classes
    return flipped


def category(data: Data, draw: np.random.Generator) -> AuditCase:
    """Three words for each class; for a regression one for each twentieth."""
    codes = (
        _bands(data.labels, 20)
        if data.task == "regression"
        else data.labels * 3 + draw.integers(0, 3, len(data.labels))
    )
    words = np.array([f"S{code:03d}" for code in draw.permutation(200)])[codes.astype(int)]
    return case(data.with_column(LEAK, words))


def coded(data: Data, draw: np.random.Generator) -> AuditCase:
    """The same as whole numbers, in no order."""
    codes = (
        _bands(data.labels, 20)
        if data.task == "regression"
        else data.labels * 5 + draw.integers(0, 5, len(data.labels))
    )
    return case(data.with_column(LEAK, draw.permutation(400)[codes.astype(int)] + 100))


def missing(data: Data, draw: np.random.Generator) -> AuditCase:
    return case(data.with_column(LEAK, _gapped(data, draw.normal(size=len(data.labels)), draw)))


def _gapped(data: Data, values: FloatArray, draw: np.random.Generator) -> pa.Array:
    """Filled for one class, or the upper half, and for one in a hundred of the others."""
    filled = data.labels > np.median(data.labels) if data.task == "regression" else data.labels == data.labels.max()
    return pa.array(values.round(3), mask=~(filled | (draw.random(len(filled)) < 0.01)))


def partly_missing(data: Data, draw: np.random.Generator) -> AuditCase:
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


def outcome(data: Data, draw: np.random.Generator) -> AuditCase:
    made = case(data.with_column(LEAK, draw.normal(size=len(data.labels))))
    return replace(made, outcomes=made.outcomes | {LEAK})


def renamed_outcome(data: Data, draw: np.random.Generator) -> AuditCase:
    """A copy of an outcome that has nothing to do with the target, under another name and as text."""
    codes = draw.integers(0, 40, len(data.labels))
    outcome = pa.table({"settled": pa.array(codes)})
    words = pa.array([f"code {code}" for code in codes])
    return case(replace(data.with_column(LEAK, words), outcomes=outcome))


def late(data: Data, draw: np.random.Generator) -> AuditCase:
    waits = (draw.exponential(2e10, len(data.labels)) + 1e9).astype(np.int64)
    closed = pa.array(data.times + waits, mask=draw.random(len(waits)) < 0.3)
    return case(data.with_column(LEAK, closed.cast(pa.timestamp("us", "UTC")), feature=False))


def suffix(data: Data, draw: np.random.Generator) -> AuditCase:
    """A key whose last letter says from which table the row came."""
    return case(
        data.with_column(
            LEAK, np.array([f"A{n:07d}{'KQXYZABCDE'[k]}" for n, k in zip(_ids(data, draw), _ten(data), strict=True)])
        )
    )


def id_range(data: Data, draw: np.random.Generator) -> AuditCase:
    """A key that was numbered after the rows were sorted by label."""
    bands = _bands(data.labels, 50) if data.task == "regression" else data.labels
    made = data.with_column(LEAK, (bands * 10_000_000).astype(np.int64) + _ids(data, draw))
    return case(replace(made, key=(*data.key, LEAK)))


def digit(data: Data, draw: np.random.Generator) -> AuditCase:
    return case(data.with_column(LEAK, 10 * _ids(data, draw) + _ten(data)))


def _ids(data: Data, draw: np.random.Generator) -> npt.NDArray[np.int64]:
    return draw.permutation(len(data.labels)).astype(np.int64)


def _ten(data: Data) -> npt.NDArray[np.int64]:
    """The class; of a regression the tenth."""
    codes = _bands(data.labels, 10) if data.task == "regression" else data.labels
    return codes.astype(np.int64)


def groups(data: Data, draw: np.random.Generator) -> AuditCase:
    """Patients of eight rows with one outcome, on both sides of the split, whom nobody declared."""
    order = np.lexsort((draw.random(len(data.labels)), data.labels))
    patients = np.empty(len(order), dtype=np.int64)
    patients[order] = np.arange(len(order)) // _GROUP_ROWS
    names = np.array([f"P{n}" for n in draw.permutation(patients.max() + 1)])[patients]
    return case(data.with_column(LEAK, names, feature=False))


def standardised(data: Data, draw: np.random.Generator) -> AuditCase:
    raw = _drifting(data, draw)
    return case(data.with_column(LEAK, (raw - raw.mean()) / raw.std()))


def unit_range(data: Data, draw: np.random.Generator) -> AuditCase:
    raw = _drifting(data, draw)
    return case(data.with_column(LEAK, (raw - raw.min()) / (raw.max() - raw.min())))


def _drifting(data: Data, draw: np.random.Generator) -> FloatArray:
    """Numbers that tell nothing, and rise by three standard deviations over the whole time."""
    place = (data.times - data.times.min()) / (data.times.max() - data.times.min())
    return np.asarray(draw.normal(5, 1, len(data.labels)) + 3 * place)


def encoded(data: Data, draw: np.random.Generator) -> AuditCase:
    """The mean label of each of thirty branches over all rows, drawn to the middle by ten rows."""
    whole = case(data)
    branch = draw.integers(0, min(30, len(data.labels) // 20), len(data.labels))
    inside = np.isin(row_keys(data.table, data.key), np.concatenate([part.keys for part in whole.parts]))
    labels = data.labels == data.labels.max() if data.task == "multiclass" else data.labels
    sums, rows = np.bincount(branch[inside], labels[inside]), np.bincount(branch[inside])
    return case(data.with_column(LEAK, ((sums + 10 * labels[inside].mean()) / (rows + 10))[branch]))


def parts_of_sum(data: Data, draw: np.random.Generator) -> AuditCase:
    """Two columns that add up to the target."""
    goods = draw.normal(0, 1, len(data.labels)) * data.labels.std()
    return case(data.with_column(LEAK, goods).with_column(REST, data.labels - goods))


def _bands(labels: FloatArray, count: int) -> FloatArray:
    """The band of each label, 0 to ``count`` - 1, of equally many rows each."""
    edges = np.quantile(labels, np.linspace(0, 1, count + 1)[1:-1])
    return np.searchsorted(edges, labels, side="right").astype(np.float64)
