"""Fresh rows of a source, as a training reads them, beside those that came before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Contract
from tasks.data.conversion import convert
from tasks.data.ingestion import ingest_window
from tasks.data.snapshot import Snapshot, load_snapshot
from tasks.data.source import read_source, stream_source
from tasks.data.splits import split
from tasks.data.times import UTC_TIME
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.monitoring.sampling import Sample
from tasks.settings import Settings
from tasks.spec import ModelSpec

_MOST_ROWS = 100_000
"""Of what came before, for triage: more say nothing more."""


@dataclass(frozen=True)
class Fresh:
    """What there is to say what a contract should be."""

    as_of: datetime
    window: Window
    snapshot: Snapshot
    rows: pa.Table
    """Of the window, the contract's columns in the types of the source; labels that had not arrived are hidden."""
    unnamed: pa.Table
    """Of the window, the columns that the contract does not name."""
    earlier: frozenset[str]
    """Of these, the ones that had values before the window."""
    ragged: bool
    """Some file of the source lacks one of these, so that no training could read it."""
    reference: pa.Table
    """A sample of the rows that came before, in the contract's types;"""
    before: pa.Table | None
    """without those of the window as long just before, which are here; None: there is nothing but one of both."""


def look(spec: ModelSpec, contract: Contract, settings: Settings, *, window: Window, as_of: datetime) -> Fresh:
    """Read ``window`` of the source as it was known at ``as_of``, and a sample of what a training reads before it.

    Raises:
        NotEnoughData: the window has no row.
    """
    found = ingest_window(spec, contract, settings, window=window, as_of=as_of)
    named = contract.names()
    others = [name for name in found.columns_in_source if name not in named]
    past = Window(split(spec, as_of).train.start, cast("datetime", window.start))
    try:
        seen = _Past(spec, contract, window).read(settings, past, others)
        ragged = False
        unnamed = _unnamed(spec, others, window, settings)
    except SourceError:  # of the columns that nobody has asked for so far; the others were read before
        seen = _Past(spec, contract, window).read(settings, past, [])
        ragged, unnamed = True, pa.table({})
    early, late = seen.sample.table(), seen.before.table()
    if early is None:
        early, late = late, None
    return Fresh(
        as_of=as_of,
        window=window,
        snapshot=found.raw,
        rows=load_snapshot(found.raw),
        unnamed=unnamed,
        earlier=frozenset(seen.filled),
        ragged=ragged,
        reference=_empty(contract) if early is None else early,
        before=late,
    )


def typed(table: pa.Table, contract: Contract) -> pa.Table:
    """Return those columns of the contract that ``table`` has, in its types; null where a value cannot be read so."""
    columns = [column for column in contract.columns if column.name in table.column_names]
    return pa.table({column.name: convert(table.column(column.name), column).values for column in columns})


def _unnamed(spec: ModelSpec, others: Sequence[str], window: Window, settings: Settings) -> pa.Table:
    if not others:
        return pa.table({})
    timestamp = spec.source.timestamp
    return read_source(spec.source, [timestamp, *others], window, settings).table.select(list(others))


class _Past:
    """What is kept of the rows before the window, batch by batch."""

    def __init__(self, spec: ModelSpec, contract: Contract, window: Window) -> None:
        self._spec, self._contract = spec, contract
        start = cast("datetime", window.start)
        self._late = start - (window.end - start)
        self.sample, self.before = Sample(spec.source.key, _MOST_ROWS), Sample(spec.source.key, _MOST_ROWS)
        self.filled: set[str] = set()

    def read(self, settings: Settings, past: Window, others: Sequence[str]) -> "_Past":
        """Read ``past``, and of ``others`` only whether they have values."""
        columns = [*self._contract.names("feature", "identifier"), *others]
        with stream_source(self._spec.source, columns, past, settings) as stream:
            for batch in stream.batches:
                self.filled |= {name for name in others if batch.column(name).null_count < batch.num_rows}
                self._add(typed(pa.table(batch), self._contract))
        return self

    def _add(self, rows: pa.Table) -> None:
        if rows.num_rows and set(self._spec.source.key) <= set(rows.column_names):
            late = pc.greater_equal(rows.column(self._spec.source.timestamp), pa.scalar(self._late, UTC_TIME))
            for sample, part in ((self.before, rows.filter(late)), (self.sample, rows.filter(pc.invert(late)))):
                if part.num_rows:
                    sample.add(part)


def _empty(contract: Contract) -> pa.Table:
    return pa.table({column.name: pa.nulls(0, column.type) for column in contract.columns})
