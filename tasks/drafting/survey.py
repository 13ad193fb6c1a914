"""A second pass, over few columns of all rows: when they were, which have a label, and which keys repeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.distinct import distinct
from tasks.data.keys import Keys, row_keys
from tasks.data.source import stream_source
from tasks.data.window import Window
from tasks.errors import DataRefused
from tasks.settings import Settings
from tasks.spec import SourceSpec

EVER = Window(None, datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Survey:
    """All rows, by what matters for their order. Arrays have shape (rows,)."""

    times: npt.NDArray[np.int64]
    """Event time, microseconds since 1970, UTC."""
    labelled: npt.NDArray[np.bool_]
    keys: dict[tuple[str, ...], Keys]

    def repeats(self, key: tuple[str, ...]) -> int:
        """Return how many rows have the key of another before them."""
        return len(self.keys[key]) - len(distinct(self.keys[key]))


def take_survey(source: SourceSpec, keys: Sequence[tuple[str, ...]], settings: Settings) -> Survey:
    """Return the survey of ``source``, with the numbers of its rows by each of ``keys``."""
    columns = list(dict.fromkeys([source.timestamp, source.target, *(name for key in keys for name in key)]))
    times, labelled, hashed = [], [], {key: [np.empty(0, np.uint64)] for key in keys}
    with stream_source(source, columns, EVER, settings) as stream:
        for batch in stream.batches:
            times.append(batch.column(source.timestamp).cast(pa.int64()).to_numpy())
            labelled.append(batch.column(source.target).is_valid().to_numpy(zero_copy_only=False))
            for key, numbers in hashed.items():
                numbers.append(row_keys(pa.table(batch), key))
    if not times:
        raise DataRefused(f"{source.uri} has no rows")
    return Survey(
        np.concatenate(times), np.concatenate(labelled), {key: np.concatenate(found) for key, found in hashed.items()}
    )


def repeats_are_whole_rows(
    source: SourceSpec, key: tuple[str, ...], survey: Survey, columns: Sequence[str], settings: Settings
) -> bool:
    """Say whether rows with the same key are the same in all ``columns``: the row was loaded more than once."""
    numbers, counts = np.unique(survey.keys[key], return_counts=True)
    again = numbers[counts > 1]
    found = []
    with stream_source(source, list(dict.fromkeys([source.timestamp, *key, *columns])), EVER, settings) as stream:
        for batch in stream.batches:
            rows = pa.table(batch)
            there = np.isin(row_keys(rows, key), again)
            if there.any():
                found.append(rows.filter(pa.array(there)))
    rows = pa.concat_tables(found, promote_options="permissive")
    whole = distinct(row_keys(rows, list(columns)))
    return len(whole) == len(again)
