"""A contract as far as it can be asked of some of its columns: of those known when a row is scored, say."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from tasks.data.contract import Contract

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pandera


def restrict(contract: Contract, names: Collection[str]) -> Contract:
    """Return ``contract`` for tables of the columns ``names``: without the others' rules, and those about both.

    A column that may be missing in a row may be missing in all of them: where a training refuses an empty column, one
    day's rows, or a single one, may well have nothing in it.
    """
    columns = tuple(
        replace(column, role="outcome") if column.nullable else column  # an outcome is never required
        for column in contract.columns
        if column.name in names
    )
    schema = contract.schema.remove_columns([name for name in contract.schema.columns if name not in names])
    nobody = pa.table({c.name: pa.nulls(0, c.type) for c in columns}).to_pandas(strings_to_categorical=False)
    schema.checks = [check for check in schema.checks if _can_be_asked(check, nobody)]
    return replace(contract, schema=schema, columns=columns)


def _can_be_asked(check: "pandera.Check", nobody: "pd.DataFrame") -> bool:
    """Say whether ``check``, a rule about whole rows, finds the columns that it looks at."""
    try:
        check(nobody)
    except (KeyError, AttributeError):
        return False
    except Exception:  # noqa: BLE001 - whatever else is wrong with it, validation says so with the rows at hand
        return True
    return True
