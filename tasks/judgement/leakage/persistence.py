"""Is a strong feature only an earlier label, known by then? The last temperature predicts the next one, honestly."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tasks.data.keys import row_keys
from tasks.data.matrix import FloatArray
from tasks.data.rows import where
from tasks.judgement.leakage.case import AuditCase, Times
from tasks.judgement.leakage.coding import is_text
from tasks.judgement.leakage.explained import Answers
from tasks.judgement.leakage.sample import MOST_ROWS, Side, View, spread
from tasks.judgement.leakage.strength import strength

_CLOSER = 0.8
"""An earlier label is left this much less unexplained than the row's own, at most."""
_MOST_ENTITIES = 4
_FEWEST_KNOWN = 0.5


@dataclass(frozen=True)
class _Timeline:
    """All rows of train, validation and holdout: when they happened, and when their labels arrived."""

    labels: FloatArray
    events: Times
    """As positions among all moments, so that they can be put together with a number for an entity."""
    arrivals: Times
    moments: int

    def last_known(self, who: Times) -> FloatArray:
        """Return for each row the label of the same entity that was known last at its event, NaN for none."""
        events, arrivals = who * self.moments + self.events, who * self.moments + self.arrivals
        order = np.argsort(arrivals, kind="stable")
        place = np.searchsorted(arrivals[order], events, side="right") - 1
        row = order[np.maximum(place, 0)]
        return np.where((place >= 0) & (who[row] == who), self.labels[row], np.nan)


def follows_known_labels(column: str, case: AuditCase, seen: View) -> bool:
    """Say whether ``column`` is closer to the label that was known last than to the label of its own row.

    Known last: of all rows, or of the rows with the same value of an identifying column, the one whose label
    arrived last before the event. A leak is closer to the label of its own row.
    """
    own = strength(column, seen, Answers(case.task, seen.learned.labels, seen.judged.labels))
    if own is None or own.exact:
        return False
    timeline = _timeline(case)
    known = (timeline.last_known(who) for who in _entities(case))
    return any(_left(column, seen, labels, case.train.rows) <= _CLOSER * own.left for labels in known)


def _left(column: str, seen: View, known: FloatArray, trained: int) -> float:
    """Return what ``column`` leaves unexplained of the labels known last; ``trained`` rows of them are train's."""
    places = spread(trained, MOST_ROWS), spread(len(known) - trained, MOST_ROWS) + trained
    learned, judged = _with_labels(seen.learned, known[places[0]]), _with_labels(seen.judged, known[places[1]])
    if any(len(now.labels) < _FEWEST_KNOWN * len(all_) for now, all_ in zip((learned, judged), places, strict=True)):
        return 1.0
    found = strength(column, View(seen.task, learned, judged), Answers(seen.task, learned.labels, judged.labels))
    return found.left if found else 1.0


def _with_labels(side: Side, labels: FloatArray) -> Side:
    known = ~np.isnan(labels)
    return Side(where(side.table, known), labels[known])


def _timeline(case: AuditCase) -> _Timeline:
    times = np.concatenate([part.times for part in case.parts])
    arrivals = np.concatenate([case.label_times(part) for part in case.parts])
    later = np.maximum(arrivals, times + 1)  # no row's own label is known at its event
    moments, codes = np.unique(np.concatenate([times, later]), return_inverse=True)
    labels = np.concatenate([part.labels for part in case.parts])
    return _Timeline(labels, codes[: len(times)], codes[len(times) :], len(moments))


def _entities(case: AuditCase) -> Iterator[Times]:
    """Yield numbers that say whose label each row's is: nobody's, then by columns that may name somebody."""
    yield np.zeros(sum(part.rows for part in case.parts), dtype=np.int64)
    names = [
        field.name
        for field in case.train.table.schema
        if field.name != case.timestamp and (is_text(field.type) or pa.types.is_integer(field.type))
    ]
    for name in sorted(names, key=lambda name: (name in case.features, names.index(name)))[:_MOST_ENTITIES]:
        keys = np.concatenate([row_keys(part.table, [name]) for part in case.parts])
        yield np.unique(keys, return_inverse=True)[1]
