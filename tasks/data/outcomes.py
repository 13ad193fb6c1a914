"""What became of the rows of train, and when that was known: for features that learn from labels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.labels import Labels
from tasks.data.matrix import FloatArray, Target
from tasks.data.window import microseconds_of
from tasks.metrics import Task
from tasks.spec import SourceSpec

Times = npt.NDArray[np.int64]
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The labels of some rows. Arrays have shape (rows,); times are microseconds since 1970, UTC."""

    task: Task
    target: Target
    labels: FloatArray
    """Values or codes of classes, NaN where there is none."""
    times: Times
    """Event times."""
    known_from: Times
    """When a prediction may first rest on a label: it has arrived, and the event is earlier than the prediction's."""
    end: int
    """Of train: what becomes known later is no part of what train has learned."""

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.labels)

    @property
    def amounts(self) -> FloatArray:
        """What is averaged, shape (rows, outputs): the value, whether it is positive, or whether it is each class."""
        if self.task != "multiclass":
            return self.labels[:, None]
        return np.asarray(self.labels[:, None] == np.arange(self.target.codes), dtype=np.float64)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Whose each output is: the target, the positive class, or each class."""
        if self.task == "multiclass":
            return tuple(str(value) for value in self.target.classes)
        positive = self.target.classes[1] if self.target.classes else None
        return (positive if isinstance(positive, str) else self.target.name,)


def outcomes_of(table: pa.Table, labels: Labels, source: SourceSpec, *, task: Task, end: int) -> Outcomes:
    """Return the outcomes of the rows of ``table``, which have ``labels``; train ends at ``end``."""
    times = _microseconds(table.column(source.timestamp))
    if source.label_time and source.label_time in table.column_names:
        arrived = _microseconds(pc.fill_null(table.column(source.label_time).cast(pa.int64()), _NEVER))
    else:
        arrived = times + microseconds_of(source.label_delay)
    return Outcomes(task, labels.target, labels.values, times, np.maximum(arrived, times + 1), end)


def _microseconds(column: pa.ChunkedArray) -> Times:
    return np.asarray(column.cast(pa.int64()).to_numpy())
