"""Rows that repeat the key of another: all but the first, by the spec's wish, are kept apart as quarantined."""

import numpy as np
import pyarrow as pa

from tasks.data.keys import row_keys
from tasks.data.rows import where
from tasks.data.validation import REASONS, Validated
from tasks.spec import ModelSpec

_REASON = "row: repeats the key of another"


def set_aside(found: Validated, spec: ModelSpec) -> Validated:
    """Return ``found`` with each key once among the valid rows, if ``contract.repeated`` asks for it."""
    if spec.contract.repeated == "refuse":
        return found
    keys = row_keys(found.valid, spec.source.key)
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(keys, return_index=True)[1]] = True
    if first.all():
        return found
    again = where(found.valid, ~first)
    told = again.append_column(REASONS, pa.repeat(_REASON, again.num_rows))
    return Validated(
        valid=where(found.valid, first),
        quarantined=pa.concat_tables([found.quarantined, told]).unify_dictionaries(),
        failures=(*found.failures, (_REASON, again.num_rows)),
        notes=found.notes,
    )
