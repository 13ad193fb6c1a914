"""From a source to saved rows: what had happened by ``as_of``, and then what of it is valid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.acceptance import accept
from tasks.data.contract import Contract
from tasks.data.conversion import convert
from tasks.data.digest import canonical_type, rank_text
from tasks.data.history.past import read_past
from tasks.data.labels import add_target, hide_unarrived
from tasks.data.repeats import set_aside
from tasks.data.snapshot import Snapshot, load_snapshot, save_snapshot
from tasks.data.source import read_source
from tasks.data.splits import split
from tasks.data.validation import validate
from tasks.data.window import Window
from tasks.errors import NotEnoughData
from tasks.settings import Settings
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Ingested:
    """The rows as the source gave them."""

    raw: Snapshot
    columns_in_source: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """The valid rows, with the target, and those in quarantine."""

    raw: Snapshot
    rows: Snapshot
    quarantined: Snapshot
    failures: Mapping[str, int]
    """Rows that broke each rule; a row may break several."""
    notes: tuple[str, ...]


def ingest(spec: ModelSpec, contract: Contract, settings: Settings, as_of: datetime) -> Ingested:
    """Save the rows before ``as_of`` that the spec's windows reach, without labels that had not arrived."""
    return ingest_window(spec, contract, settings, window=Window(split(spec, as_of).train.start, as_of), as_of=as_of)


def ingest_window(
    spec: ModelSpec, contract: Contract, settings: Settings, *, window: Window, as_of: datetime
) -> Ingested:
    """Save the rows of ``window``, without labels that had not arrived by ``as_of``.

    Rows are sorted by time and key, and then by whatever else they hold: the same rows have the same digest
    however the source orders them.

    Raises:
        NotEnoughData: there is no row in ``window``.
    """
    found = read_source(spec.source, contract.names(), window, settings)
    if found.table.num_rows == 0:
        raise NotEnoughData(f"{spec.model}: {spec.source.uri} has no rows from {window}")
    outcomes = [*contract.names("outcome"), spec.source.target]
    given = read_past(spec, contract, settings, window=window).add_to(found.table)
    table = _settled(hide_unarrived(given, spec.source, outcomes, as_of), contract)
    order = [spec.source.timestamp, *(key for key in spec.source.key if key in table.column_names)]
    raw = save_snapshot(_sorted(table, order), settings.of(spec.model) / "raw", timestamp=spec.source.timestamp)
    return Ingested(raw, found.columns_in_source)


def prepare(ingested: Ingested, spec: ModelSpec, contract: Contract, *, folder: Path, as_of: datetime) -> Prepared:
    """Part valid rows from broken ones, keep both, and add the target to the valid ones.

    The broken ones are saved before anything is refused, so that whoever mends the source can look at them.
    """
    found = set_aside(validate(load_snapshot(ingested.raw), contract, in_source=ingested.columns_in_source), spec)
    quarantined = save_snapshot(found.quarantined, folder / "quarantine", timestamp=spec.source.timestamp)
    accept(found, spec, as_of)
    return Prepared(
        raw=ingested.raw,
        rows=save_snapshot(add_target(found.valid, spec, contract), folder / "rows", timestamp=spec.source.timestamp),
        quarantined=quarantined,
        failures=dict(found.failures),
        notes=found.notes,
    )


def _settled(table: pa.Table, contract: Contract) -> pa.Table:
    """Return ``table`` with its outcomes in the contract's types, where all that is left can be read so.

    A source without types of its own guesses them from all values, and so from labels that had not arrived.
    """
    for column in contract.columns:
        if column.role == "outcome" and column.name in table.column_names:
            found = convert(table.column(column.name), column)
            if not found.unreadable.any():
                table = table.set_column(table.column_names.index(column.name), column.name, found.values)
    return table


def _sorted(table: pa.Table, first: list[str]) -> pa.Table:
    keys = {name: _sortable(table.column(name).combine_chunks()) for name in dict.fromkeys(first)}
    if _in_order([keys[name] for name in keys]):
        return table
    rest = [f.name for f in table.schema if f.name not in keys and not pa.types.is_null(f.type)]
    keys |= {name: _sortable(table.column(name).combine_chunks()) for name in rest}
    order = pc.sort_indices(pa.table(keys), [(name, "ascending") for name in keys])
    return table.combine_chunks().take(order)


def _in_order(keys: list[pa.Array]) -> bool:
    """Say whether each row comes after the one before, by the first of ``keys`` in which they differ."""
    alike = np.ones(max(len(keys[0]) - 1, 0), dtype=bool)
    after = np.zeros_like(alike)
    for key in keys:
        if key.null_count:
            return False
        values = (key.cast(pa.int64()) if pa.types.is_timestamp(key.type) else key).to_numpy(zero_copy_only=False)
        after |= alike & (values[1:] > values[:-1])
        alike &= values[1:] == values[:-1]
    return bool(after.all())


def _sortable(column: pa.Array) -> pa.Array:
    return rank_text(column)[1] if pa.types.is_dictionary(canonical_type(column.type)) else column
