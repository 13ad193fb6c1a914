"""Which rows of a window can be scored: valid by what is known when they are scored, and each once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.draft import Draft
from tasks.data.history.past import read_past
from tasks.data.holdings import Holdings, add_holdings, refuse_unusable
from tasks.data.keys import row_keys
from tasks.data.known import known_columns
from tasks.data.rows import where
from tasks.data.snapshot import Snapshot
from tasks.data.source import stream_source
from tasks.data.splits import Mask
from tasks.data.spool import Spool
from tasks.data.validation import validate_part
from tasks.data.window import Window
from tasks.monitoring.predictions.log import Days, days_of, event_times
from tasks.monitoring.predictions.restricted import restrict
from tasks.monitoring.predictions.row_rules import look_at_one_row
from tasks.settings import Settings
from tasks.spec import ModelSpec, SourceSpec

_ROWS = 50_000
"""Rows of short days that are validated at once: a rule's price is by the call."""


@dataclass(frozen=True)
class Eligible:
    """The rows of a window that can be scored, and those that cannot."""

    rows: Snapshot
    """Sorted by time and key. No outcome is in it: the same rows have the same digest before and after their labels."""
    quarantined: Snapshot
    """Sorted so, too."""
    failures: Mapping[str, int]
    repeated: int
    """Rows left out because their key had occurred on the same day already."""


def find_eligible(spec: ModelSpec, contract: Contract, settings: Settings, *, window: Window) -> Eligible:
    """Save the rows of ``window`` that can be scored, and in quarantine those that break the contract.

    The rows of a day are in memory at once, or of some short ones. A rule of the contract that may look at several
    rows sees those of a day, so that a row is valid or not whatever window it is scored in.
    """
    names, timestamp = known_columns(spec, contract), spec.source.timestamp
    asked, broken_rows = restrict(contract, names), settings.of(spec.model) / "quarantine"
    past = read_past(spec, contract, settings, window=window)
    with (
        _by_day(spec, names, window, settings) as spool,
        Draft(rows_folder(settings, spec.model), timestamp=timestamp) as valid,
        Draft(broken_rows, timestamp=timestamp) as broken,
    ):
        found = _Finding(spec.source, valid, broken)
        for rows in spool.parts(together=_ROWS if look_at_one_row(asked) else 1):
            found.add(past.add_to(rows), asked)
        refuse_unusable(add_holdings(found.holdings), asked)
        return found.save()


def rows_folder(settings: Settings, model: str) -> Path:
    """Return where the rows are kept that were scored."""
    return settings.of(model) / "predictions" / "rows"


@contextmanager
def _by_day(spec: ModelSpec, names: list[str], window: Window, settings: Settings) -> Iterator[Spool]:
    """Give the columns ``names`` of the rows of ``window``, to be had day by day."""
    source, folder = spec.source, rows_folder(settings, spec.model)

    def days(rows: pa.Table) -> Days:
        return days_of(event_times(rows, source.timestamp))

    with stream_source(source, names, window, settings) as stream:
        there = [name for name in names if name in stream.columns_in_source]
        with Spool(folder, there, source, days) as spool:
            for batch in stream.batches:
                spool.add(batch)
            yield spool


class _Finding:
    """What has been found day by day."""

    def __init__(self, source: SourceSpec, valid: Draft, broken: Draft) -> None:
        self._source, self._valid, self._broken = source, valid, broken
        self._failures: Counter[str] = Counter()
        self._repeated = 0
        self.holdings: list[Holdings] = []

    def add(self, rows: pa.Table, contract: Contract) -> None:
        """Add the rows of the next days."""
        checked, holdings = validate_part(rows, contract)
        once = _once(_sorted(checked.valid, self._source), self._source)
        self._valid.add(once)
        self._broken.add(_sorted(checked.quarantined, self._source))
        self._failures.update(dict(checked.failures))
        self._repeated += checked.valid.num_rows - once.num_rows
        self.holdings.append(holdings)

    def save(self) -> Eligible:
        """Save the valid and the broken rows."""
        failures = sorted(self._failures.items(), key=lambda rule: (-rule[1], rule[0]))
        return Eligible(self._valid.save(), self._broken.save(), dict(failures), self._repeated)


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
