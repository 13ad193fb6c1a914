"""The labels of a window's rows that had arrived, by row key."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.keys import Keys, row_keys
from tasks.data.labels import add_target, hide_unarrived, read_labels, recode
from tasks.data.matrix import FloatArray
from tasks.data.source import read_source
from tasks.data.validation import validate
from tasks.data.window import Window
from tasks.monitoring.predictions.arrivals import Maturity
from tasks.monitoring.predictions.restricted import restrict
from tasks.settings import Settings
from tasks.spec import ModelSpec

Classes = tuple[str | int | bool, ...]


@dataclass(frozen=True)
class Arrived:
    """Labels as numbers, each with its row's key: sorted by key, each once. Shapes (labels,)."""

    keys: Keys
    values: FloatArray

    def of(self, keys: Keys) -> FloatArray:
        """Return the labels of the rows ``keys``, nan where there is none."""
        if not len(self.keys):
            return np.full(len(keys), np.nan)
        place = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.values[place], np.nan)


@dataclass(frozen=True)
class Asked:
    """Which labels are wanted: of the rows of a window, at a time, in the codes of these classes."""

    window: Window
    maturity: Maturity
    classes: Classes


def read_arrived(spec: ModelSpec, contract: Contract, settings: Settings, *, asked: Asked) -> Arrived:
    """Return the labels of the window's rows that had arrived; a label that breaks the contract is none."""
    source = spec.source
    found = read_source(source, _columns(spec, contract), asked.window, settings).table
    outcomes = [*contract.names("outcome"), source.target]
    table = hide_unarrived(found, source, outcomes, asked.maturity.as_of)
    needed = restrict(contract, {*table.column_names, source.timestamp, *source.key})
    rows = add_target(validate(table, needed).valid, spec, contract)
    column = rows.column(source.target)
    known = rows.filter(column.is_valid()) if column.null_count else rows
    if not known.num_rows:
        return Arrived(np.empty(0, np.uint64), np.empty(0))
    return _sorted(known, spec, asked.classes)


def _sorted(rows: pa.Table, spec: ModelSpec, classes: Classes) -> Arrived:
    labels = recode(read_labels(rows.column(spec.source.target), spec), classes)
    keys, first = np.unique(row_keys(rows, spec.source.key), return_index=True)
    return Arrived(keys, labels.values[first])


def _columns(spec: ModelSpec, contract: Contract) -> list[str]:
    """Return the columns that labels are made of: those of all rows where the contract's ``targets`` may read any."""
    source = spec.source
    if source.target not in contract.names():
        return contract.names()
    named = [source.timestamp, *source.key, source.target, *contract.names("outcome")]
    return list(dict.fromkeys([*named, *([source.label_time] if source.label_time else [])]))
