"""Columns of the source that a contract does not name, as a draft would name them."""

from collections.abc import Iterator

import pyarrow as pa

from tasks.drafting.field_text import number_text, range_of, what_is_told
from tasks.drafting.kinds import Column, find_kinds
from tasks.drafting.profile import Profile
from tasks.drafting.roles import Role, by_kind
from tasks.evolution.change import Change
from tasks.evolution.edits import Added
from tasks.evolution.fresh import Fresh
from tasks.evolution.words import rows_of

UNNAMED = "it was there before, and nobody has named it"
"""Why a column is left out that is not new."""


def new_columns(fresh: Fresh) -> Iterator[Change]:
    """Yield each column that the contract does not name; one that was there before the window is held back."""
    table = fresh.unnamed
    if table.num_rows == 0:
        return
    missing = {name: table.column(name).null_count for name in table.column_names}
    for column in find_kinds(Profile(table.num_rows, missing, table, typed=True), ()).values():
        yield _new_column(column, fresh)


def _new_column(column: Column, fresh: Fresh) -> Change:
    rows = len(column.values) - column.missing
    role, kind = _plain(by_kind(column, classes=0)), _type(column.values.type)
    what = what_is_told(column)
    meaning = (
        f"not learned from: {role.reason}"
        if role.reason
        else 'write metadata={"role": "outcome"}, if it is known only afterwards'
    )
    return Change(
        column.name,
        "new_column",
        rows,
        f"{rows_of(rows, len(column.values))} have a value" + (f": {what}" if what else ""),
        edit=Added(kind, _rules(column, role.use)) if kind else None,
        why="; ".join(part for part in ("new in the source", what, meaning) if part),
        held=_held(column, fresh),
        by_hand=_by_hand(column, kind),
    )


def _plain(role: Role) -> Role:
    """Return the role; of what only a key of the spec could make a feature, that it is none, and which key."""
    if role.way == "as it is":
        return role
    key = "features.text" if role.way == "words" else "features.target_statistics"
    return Role("identifier", f"{key} does not name it")


def _by_hand(column: Column, kind: str | None) -> str | None:
    if not column.name.isprintable():
        return "its name has characters that cannot be seen"
    return None if kind else f"it is a {column.values.type}"


def _held(column: Column, fresh: Fresh) -> str | None:
    if column.name in fresh.earlier:
        return UNNAMED
    if column.kind in ("empty", "constant"):
        return "it has no value" if column.kind == "empty" else "it has one value in all rows"
    return None


def _rules(column: Column, use: str) -> dict[str, str]:
    rules: dict[str, str] = {}
    if column.kind == "number":
        low, high = range_of(column.values, loose=False)
        rules |= {"ge": number_text(low), "le": number_text(high)}
    if use == "identifier":
        rules["metadata"] = "IDENTIFIER"
    return rules


def _type(kind: pa.DataType) -> str | None:
    """Return the type as an annotation writes it; None: a time, which needs more than a word."""
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind):
        return "float"
    return "str" if pa.types.is_dictionary(kind) or pa.types.is_string(kind) else None
