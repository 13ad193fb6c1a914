"""What a version's own training found: how good it was on its holdout, and which rows it has learned from."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data import store
from tasks.data.matrix import FloatArray
from tasks.monitoring.predictions.estimate import Sample
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.version_records import Proposed
from tasks.release.lineage import Lineage
from tasks.release.record import HOLDOUT_PREDICTIONS, LINEAGE

_WHO = "challenger"
"""What it was in that training."""


def promised(entries: Sequence[Entry], version: int) -> Sample | None:
    """Return what ``version`` predicted for its holdout, and what came of it; None: that is not recorded."""
    files = _files(entries, version)
    if files is None or not (files / HOLDOUT_PREDICTIONS).is_file():
        return None
    table = pq.read_table(files / HOLDOUT_PREDICTIONS, partitioning=None)
    return Sample(table.column("label").to_numpy(), _predictions(table), table.column("time").to_numpy())


def learned_until(entries: Sequence[Entry], version: int) -> datetime | None:
    """Return the event time before which ``version`` may have learned from rows, or been chosen on them.

    None: that is not recorded.
    """
    files = _files(entries, version)
    if files is None or not (files / LINEAGE).is_file():
        return None
    return Lineage.from_json((files / LINEAGE).read_text(encoding="utf-8")).splits.validation.end


def _files(entries: Sequence[Entry], version: int) -> Path | None:
    """Return the folder of the latest record of ``version``."""
    proposed = [entry.what for entry in entries if isinstance(entry.what, Proposed) and entry.what.version == version]
    return store.here(proposed[-1].where.files) if proposed else None


def _predictions(table: pa.Table) -> FloatArray:
    if _WHO in table.column_names:
        return np.asarray(table.column(_WHO).to_numpy())
    classes = sum(name.startswith(f"{_WHO}_") for name in table.column_names)
    return np.column_stack([table.column(f"{_WHO}_{code}").to_numpy() for code in range(classes)])
