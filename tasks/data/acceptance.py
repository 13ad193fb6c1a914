"""Whether the rows as a whole may be trained on: enough, fresh enough, each once, few enough quarantined."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.keys import row_keys
from tasks.data.validation import Validated
from tasks.data.window import write_time
from tasks.errors import DataRefused, NotEnoughData
from tasks.spec import ModelSpec, SourceSpec, write_duration


def accept(validated: Validated, spec: ModelSpec, as_of: datetime) -> None:
    """Raise DataRefused, or NotEnoughData, with what stands in the way of training on these rows."""
    _few_enough_quarantined(validated, spec)
    _enough_rows(validated.valid, spec, as_of)
    _fresh_enough(validated.valid, spec, as_of)
    _keys_unique(validated.valid, spec.source)


def _few_enough_quarantined(validated: Validated, spec: ModelSpec) -> None:
    if validated.share_quarantined <= spec.contract.max_quarantined:
        return
    worst = "; ".join(f"{reason} ({rows:,} rows)" for reason, rows in validated.failures[:3])
    total = validated.valid.num_rows + validated.quarantined.num_rows
    raise DataRefused(
        f"{spec.model}: {validated.quarantined.num_rows:,} of {total:,} rows break the contract, "
        f"{validated.share_quarantined:.1%} where contract.max_quarantined allows "
        f"{spec.contract.max_quarantined:.1%}. Most often: {worst}"
    )


def _enough_rows(valid: pa.Table, spec: ModelSpec, as_of: datetime) -> None:
    if valid.num_rows < spec.contract.min_rows:
        raise NotEnoughData(
            f"{spec.model}: {valid.num_rows:,} valid rows before {write_time(as_of)}; "
            f"contract.min_rows asks for {spec.contract.min_rows:,}"
        )


def _fresh_enough(valid: pa.Table, spec: ModelSpec, as_of: datetime) -> None:
    newest = pc.max(valid.column(spec.source.timestamp)).as_py()
    limit = spec.contract.max_age
    if limit is not None and as_of - newest > limit:
        raise DataRefused(
            f"{spec.model}: the newest row is of {write_time(newest)}, more than contract.max_age = "
            f"{write_duration(limit)} before {write_time(as_of)}; is the source still being filled?"
        )


def _keys_unique(valid: pa.Table, source: SourceSpec) -> None:
    keys = row_keys(valid, source.key)
    distinct, first, counts = np.unique(keys, return_index=True, return_counts=True)
    if len(distinct) == len(keys):
        return
    row = int(first[np.argmax(counts)])
    example = ", ".join(f"{name} = {valid.column(name)[row].as_py()}" for name in source.key)
    raise DataRefused(
        f"source.key {source.key} is not unique: {len(keys) - len(distinct):,} rows repeat the key of another, "
        f"such as {example} ({counts.max()} times); load each row once, or name more columns in source.key"
    )
