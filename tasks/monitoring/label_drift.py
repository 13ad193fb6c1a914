"""Whether labels are spread as they were when the champion learned: by what had arrived, up to the watermark."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.labels import read_labels, recode
from tasks.data.matrix import FloatArray, Target
from tasks.data.rows import where
from tasks.data.times import UTC_TIME
from tasks.monitoring.drift import drift_signals
from tasks.monitoring.kept import Family
from tasks.monitoring.profile.profile import Blocking, take_profile
from tasks.monitoring.signal import Signal
from tasks.spec import ModelSpec

LABEL = "label"


def labels_of(rows: pa.Table, target: Target, spec: ModelSpec) -> pa.Table:
    """Return the event time and the label of those of ``rows`` that have one."""
    labels = recode(read_labels(rows.column(spec.source.target), spec), target.classes)
    known = where(rows.select([spec.source.timestamp]), labels.known)
    return known.append_column(LABEL, _named(labels.values[labels.known], target))


def arrived(labels: FloatArray, times: npt.NDArray[np.int64], target: Target, timestamp: str) -> pa.Table:
    """Return the same table of ``labels`` and their event ``times``, microseconds; both of shape (rows,)."""
    return pa.table({timestamp: pa.array(times).cast(UTC_TIME), LABEL: _named(labels, target)})


def label_signals(reference: Family, rows: pa.Table) -> Iterator[Signal]:
    """Yield how far the labels of ``rows`` are from the reference's."""
    whole = Blocking(1, lambda batch: np.zeros(batch.num_rows, dtype=np.int64))
    profile = take_profile(rows.to_batches(), reference.profile.binning, whole)
    for signal in drift_signals(reference.profile, profile, reference.calibration):
        if signal.kind == "distribution":  # a label that is missing has not arrived, and one never seen has no code
            yield replace(signal, kind="label")


def _named(labels: FloatArray, target: Target) -> pa.Array:
    """Return numbers as they are, and classes by name."""
    if not target.classes:
        return pa.array(labels)
    words = pa.array([str(name) for name in target.classes])
    return pa.DictionaryArray.from_arrays(pa.array(labels.astype(np.int32)), words)
