"""The columns of a spec's history, added to rows: the same code and the same values in training, scoring, watching."""

import numpy as np
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.history.events import Told, event_times, events_of, owners, read_told, typed
from tasks.data.history.timeline import Look, Moments, Timeline
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.settings import Settings
from tasks.spec import HistorySpec, ModelSpec


class Past:
    """What rows of a window may know of the rows before them."""

    def __init__(self, spec: ModelSpec, contract: Contract, told: Told | None) -> None:
        """``told`` is what the source says of it; None: the spec looks at nothing."""
        self._spec, self._contract, self._told = spec, contract, told
        self._timelines: dict[tuple[object, ...], Timeline] = {}

    def add_to(self, rows: pa.Table) -> pa.Table:
        """Return ``rows`` with a column for whatever the spec's history tells of the time just before each of them.

        A row knows of rows whose event time is before its own, and of labels that had arrived by then. It may come
        from anywhere: what is known of it is in the source.

        Raises:
            SourceError: it has a column of that name already.
        """
        for section in self._spec.history:
            rows = self._add(rows, section)
        return rows

    def _add(self, rows: pa.Table, section: HistorySpec) -> pa.Table:
        timestamp = self._spec.source.timestamp
        asking = typed(rows, self._contract, [timestamp, *section.by])
        whose, known = owners(asking, section.by)
        look = Look(self._timeline(section), Moments(whose, event_times(asking, timestamp)))
        for way in section.how:
            for over in section.lengths(way):
                name = section.name(way, over)
                if name in rows.column_names:
                    raise SourceError(f"there is a column {name} already, which [[history]] is to make; rename it")
                values = np.where(known, look.tell(way, over), np.nan)
                rows = rows.append_column(name, pa.array(values, from_pandas=True))
        return rows

    def _timeline(self, section: HistorySpec) -> Timeline:
        """Return what ``section`` looks at; one that looks at the same has the same."""
        assert self._told is not None
        what = (*section.by, section.of, section.delay, section.look_back, bool(section.values))
        if what not in self._timelines:
            self._timelines[what] = Timeline(events_of(self._told, section, self._spec, self._contract))
        return self._timelines[what]


def read_past(spec: ModelSpec, contract: Contract, settings: Settings, *, window: Window) -> Past:
    """Return what rows of ``window`` may know of the rows before them, as the source has it now."""
    return Past(spec, contract, read_told(spec, contract, settings, window) if spec.history else None)
