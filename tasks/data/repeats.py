"""Rows that stand there twice: all but the first, by the spec's wish, are kept apart as quarantined."""

import numpy as np
import pyarrow as pa

from tasks.data.keys import row_keys
from tasks.data.rows import where
from tasks.data.validation import REASONS, Validated
from tasks.spec import ModelSpec, SourceSpec

_REASONS = {"first": "row: repeats the key of another", "identical": "row: is like another in every column"}


def set_aside(found: Validated, spec: ModelSpec) -> Validated:
    """Return ``found`` with each row once among the valid ones, if ``contract.repeated`` asks for it."""
    if spec.contract.repeated == "refuse":
        return found
    identical = spec.contract.repeated == "identical"
    keys = row_keys(found.valid, _not_made(found.valid, spec.source) if identical else spec.source.key)
    first = np.zeros(len(keys), dtype=bool)
    first[np.unique(keys, return_index=True)[1]] = True
    if first.all():
        return found
    again, reason = where(found.valid, ~first), _REASONS[spec.contract.repeated]
    told = again.append_column(REASONS, pa.repeat(reason, again.num_rows))
    return Validated(
        valid=where(found.valid, first),
        quarantined=pa.concat_tables([found.quarantined, told]).unify_dictionaries(),
        failures=(*found.failures, (reason, again.num_rows)),
        notes=found.notes,
    )


def _not_made(table: pa.Table, source: SourceSpec) -> list[str]:
    """Return the columns that the source itself has."""
    made = {source.row_number, source.timestamp if source.clock is not None else None}
    return [name for name in table.column_names if name not in made]
