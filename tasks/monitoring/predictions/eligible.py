"""Which rows of a window can be scored: valid by what is known when they are scored, and each once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.features import known_columns
from tasks.data.keys import row_keys
from tasks.data.rows import where
from tasks.data.snapshot import Snapshot, save_snapshot
from tasks.data.source import read_source
from tasks.data.splits import Mask
from tasks.data.validation import validate
from tasks.data.window import Window
from tasks.monitoring.predictions.log import days_of, event_times
from tasks.monitoring.predictions.restricted import restrict
from tasks.settings import Settings
from tasks.spec import ModelSpec, SourceSpec


@dataclass(frozen=True)
class Eligible:
    """The rows of a window that can be scored, and those that cannot."""

    rows: Snapshot
    """Sorted by time and key. No outcome is in it: the same rows have the same digest before and after their labels."""
    quarantined: Snapshot
    failures: Mapping[str, int]
    repeated: int
    """Rows left out because their key had occurred on the same day already."""


def find_eligible(spec: ModelSpec, contract: Contract, settings: Settings, *, window: Window) -> Eligible:
    """Save the rows of ``window`` that can be scored, and in quarantine those that break the contract."""
    source, quarantine = spec.source, settings.of(spec.model) / "quarantine"
    names = known_columns(spec, contract)
    found = read_source(source, names, window, settings)
    checked = validate(found.table, restrict(contract, names))
    rows = _once(_sorted(checked.valid, source), source)
    return Eligible(
        rows=save_snapshot(rows, rows_folder(settings, spec.model), timestamp=source.timestamp),
        quarantined=save_snapshot(checked.quarantined, quarantine, timestamp=source.timestamp),
        failures=dict(checked.failures),
        repeated=checked.valid.num_rows - rows.num_rows,
    )


def rows_folder(settings: Settings, model: str) -> Path:
    """Return where the rows are kept that were scored."""
    return settings.of(model) / "predictions" / "rows"


def _sorted(table: pa.Table, source: SourceSpec) -> pa.Table:
    order = np.lexsort((row_keys(table, source.key), event_times(table, source.timestamp)))
    return table if (order[1:] > order[:-1]).all() else table.combine_chunks().take(pa.array(order))


def _once(table: pa.Table, source: SourceSpec) -> pa.Table:
    return where(table, _first_of_each(table, source))


def _first_of_each(table: pa.Table, source: SourceSpec) -> Mask:
    """Return which rows are the first of their key and day."""
    keys, days = row_keys(table, source.key), days_of(event_times(table, source.timestamp))
    order = np.lexsort((keys, days))  # stable: of equal ones the first comes first
    again = (np.diff(keys[order]) == 0) & (np.diff(days[order]) == 0)
    first = np.ones(len(keys), dtype=bool)
    first[order[1:][again]] = False
    return first
