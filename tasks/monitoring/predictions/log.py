"""The predictions log: what a version said of each row, as Parquet in parts that appear whole.

::

    served/day=2013-06-01/version=3/part-5f0c….parquet
    shadow/day=2013-06-01/version=4/part-91ab….parquet

A part holds the key, its number ``row_key``, the event time, the prediction (for classes ``probability_0`` and so on,
in the order of the model's classes), ``scored_at``, and ``snapshot``, the digest of the rows that were scored. Its name
is made of its keys: a row that is in the log is never written again, so no part is ever replaced by another one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.data import store
from tasks.data.atomic import remove_unfinished
from tasks.data.keys import Keys
from tasks.data.matrix import FloatArray
from tasks.data.rows import where
from tasks.data.splits import within
from tasks.data.times import UTC_TIME
from tasks.data.window import Window
from tasks.settings import Settings

ROW_KEY, SCORED_AT, SNAPSHOT = "row_key", "scored_at", "snapshot"
PREDICTION, PROBABILITY = "prediction", "probability_"
Audience = Literal["served", "shadow"]
Days = npt.NDArray[np.int64]
_DAY = 86_400_000_000
_PARTS = "part-*.parquet"


@dataclass(frozen=True)
class Log:
    """The log of one version of a model."""

    folder: Path
    version: int

    def keys(self, day: int) -> Keys:
        """Return the row keys of ``day``, a number of days since 1970."""
        parts = store.find(self._place(day), _PARTS)
        tables = [pq.read_table(part, columns=[ROW_KEY], partitioning=None) for part in store.fetched(parts)]
        return np.concatenate([np.empty(0, np.uint64), *(part.column(ROW_KEY).to_numpy() for part in tables)])

    def add(self, day: int, rows: pa.Table) -> None:
        """Write the ``rows`` of ``day``, none of which the log has yet, as one part."""
        keys = rows.column(ROW_KEY).to_numpy()
        name = f"part-{hashlib.sha256(keys.tobytes()).hexdigest()[:32]}.parquet"
        store.write(self._place(day) / name, lambda file: pq.write_table(rows, file, compression="zstd"))

    def tidy(self, day: int) -> None:
        """Delete what writers that died have left of ``day``."""
        remove_unfinished(self._place(day))

    def read(self, window: Window, columns: Sequence[str], *, timestamp: str, as_of: datetime) -> pa.Table | None:
        """Return ``columns`` of the rows in ``window`` that were scored by ``as_of``; None: there are none.

        ``timestamp`` is the column of the event time.
        """
        asked = list(dict.fromkeys([*columns, timestamp, SCORED_AT]))
        tables = [pq.read_table(part, columns=asked, partitioning=None) for part in self._near(window)]
        if not tables:
            return None
        table = pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()
        inside = within(event_times(table, timestamp), window)
        scored = pc.less_equal(table.column(SCORED_AT), pa.scalar(as_of, UTC_TIME)).to_numpy()
        found = where(table, inside & scored)
        return found.select(list(columns)) if found.num_rows else None

    def _near(self, window: Window) -> Sequence[Path]:
        """Return the parts of the days that ``window`` touches."""
        first = f"day={window.start:%Y-%m-%d}" if window.start else ""
        parts = store.find(self.folder, f"day=*/version={self.version}/{_PARTS}")
        return store.fetched([p for p in parts if first <= p.parents[1].name <= f"day={window.end:%Y-%m-%d}"])

    def _place(self, day: int) -> Path:
        return self.folder / f"day={np.datetime64(day, 'D')}" / f"version={self.version}"


def open_log(settings: Settings, model: str, audience: Audience, version: int) -> Log:
    """Return the log of what ``version`` served, or said in the shadow of a champion."""
    return Log(settings.of(model) / "predictions" / audience, version)


def event_times(table: pa.Table, timestamp: str) -> npt.NDArray[np.int64]:
    """Return the event times of ``table``: microseconds since 1970, UTC, shape (rows,)."""
    return np.asarray(table.column(timestamp).cast(UTC_TIME).cast(pa.int64()).to_numpy())


def days_of(times: npt.NDArray[np.int64]) -> Days:
    """Return the calendar day of each time, UTC, as a number of days since 1970."""
    return times // _DAY


def prediction_names(classes: int) -> list[str]:
    """Return the columns that hold a prediction; ``classes`` 0: one number."""
    return [f"{PROBABILITY}{code}" for code in range(classes)] or [PREDICTION]


def as_columns(predictions: FloatArray) -> dict[str, FloatArray]:
    """Return predictions of shape (rows,) or (rows, classes) as the log's columns."""
    if predictions.ndim == 1:
        return {PREDICTION: predictions}
    return dict(zip(prediction_names(predictions.shape[1]), predictions.T, strict=True))


def as_predictions(table: pa.Table, classes: int) -> FloatArray:
    """Return what ``as_columns`` made."""
    columns = [table.column(name).to_numpy() for name in prediction_names(classes)]
    return np.column_stack(columns) if classes else columns[0]
