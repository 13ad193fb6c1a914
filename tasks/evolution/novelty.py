"""Categories that are new and need no change of the contract, since it lets them through."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Column, Contract
from tasks.evolution.fresh import Fresh, typed
from tasks.evolution.words import few, rows_of, shown
from tasks.spec import ModelSpec

_SHOWN = 6


def new_words(fresh: Fresh, spec: ModelSpec, contract: Contract) -> Iterator[str]:
    """Yield of each text column without a list of categories which words no row of before has, in a sentence.

    A column with more words than a model keeps has new ones every day, and is passed over.
    """
    now = typed(fresh.rows, contract)
    for column in contract.columns:
        if column.name in now.column_names and _is_free(column, spec, contract):
            known = _known(fresh, column.name)
            if 0 < len(known) <= spec.features.max_categories:
                yield from _sentence(column.name, now.column(column.name).cast(pa.string()), known)


def _is_free(column: Column, spec: ModelSpec, contract: Contract) -> bool:
    listed = any(check.name == "isin" for check in contract.schema.columns[column.name].checks)
    learned = column.role == "feature" and column.name not in (*spec.features.exclude, spec.source.target)
    return pa.types.is_dictionary(column.type) and learned and not listed


def _known(fresh: Fresh, name: str) -> pa.Array:
    parts = [part for part in (fresh.reference, fresh.before) if part is not None and name in part.column_names]
    words = [part.column(name).cast(pa.string()).combine_chunks() for part in parts]
    return pa.concat_arrays(words).drop_null().unique() if words else pa.array([], pa.string())


def _sentence(name: str, values: pa.ChunkedArray, known: pa.Array) -> Iterator[str]:
    present = values.drop_null()
    counts = pc.value_counts(present.filter(pc.invert(pc.is_in(present, value_set=known)))).to_pylist()
    ranked = sorted(counts, key=lambda one: (-one["counts"], one["values"]))
    common = [one for one in ranked if few(one["counts"], len(present)) is None]
    if common:
        told = ", ".join(f"{shown(one['values'])} in {rows_of(one['counts'])}" for one in common[:_SHOWN])
        more = f" and {len(common) - _SHOWN} more" if len(common) > _SHOWN else ""
        yield f"{name}: {told}{more}: new, and allowed; until the next training a model takes it as missing"
