"""Whether rows can be validated in any portions, or whether a rule of their contract may look at several of them."""

from typing import TYPE_CHECKING

from tasks.data.contract import Contract

if TYPE_CHECKING:
    import pandera.pandas as pandera

_ROW_BY_ROW = frozenset(
    {"equal_to", "not_equal_to", "greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to"}
    | {"in_range", "isin", "notin", "str_matches", "str_contains", "str_startswith", "str_endswith", "str_length"}
)
"""Those of pandera's own checks that say of a value whether it is valid, whatever the others are."""


def look_at_one_row(contract: Contract) -> bool:
    """Say whether each rule of ``contract`` is known to look at one row by itself.

    A function that the contract's author wrote is handed whole columns, and may compare a row with others.
    """
    checks = [*contract.schema.checks, *(c for column in contract.schema.columns.values() for c in column.checks)]
    return all(_looks_at_one_row(check) for check in checks)


def _looks_at_one_row(check: "pandera.Check") -> bool:
    from pandera.api.function_dispatch import Dispatcher

    own = isinstance(check._check_fn, Dispatcher)  # not a function that has the same name
    return bool(check.element_wise) or (own and check.name in _ROW_BY_ROW)
