"""What each column is for: a feature, an identifier, an outcome, or nothing; and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.drafting import names
from tasks.drafting.kinds import Column

Use = Literal["feature", "identifier", "outcome", "excluded", "unread"]
_FEWEST_UNLABELLED = 20
_WITHOUT_LABEL, _WITH_LABEL = 0.5, 0.01
"""Share of rows without and with a label in which a column is missing, of one that the outcome fills."""


@dataclass(frozen=True)
class Role:
    """What a column is for."""

    use: Use
    """excluded: in the contract, and left out by the spec; unread: in neither."""
    reason: str = ""
    """Why it is no feature, in words; empty for a feature."""
    leak: bool = False


def roles_of(columns: Mapping[str, Column], given: Mapping[str, str]) -> dict[str, Role]:
    """Return the role of each column; ``given`` are the words for those that the spec names: time, key, target."""
    unlabelled = columns[next(name for name, what in given.items() if what == "target")].values.is_null().to_numpy()
    return {name: _role(column, given.get(name, ""), unlabelled) for name, column in columns.items()}


def _role(column: Column, given: str, unlabelled: "np.typing.NDArray[np.bool_]") -> Role:
    if given == "target":
        return Role("outcome", "the target")
    if given == "time":
        return Role("feature", "the event time")
    if given == "key" and (column.kind == "id" or column.is_whole):
        return Role("identifier", "it names the row")
    if given == "part" and column.kind not in ("empty", "other"):
        return Role("unread", "it says a part of the event time, of which features.calendar makes features")
    if column.kind in ("empty", "other"):
        return Role("unread", "it has no value" if column.kind == "empty" else f"it is a {column.values.type}")
    if column.kind == "constant":
        return Role("excluded", "it has one value in all rows")
    if (share := _filled_with(column, unlabelled)) is not None:
        words = f"it is missing in {share:.0%} of the rows that have no label, and in hardly any other"
        return Role("outcome", f"{words}: the outcome fills it", leak=True)
    if column.same_as:
        return Role("excluded", f"it says the same as {column.same_as}")
    return by_kind(column, given)


def by_kind(column: Column, given: str = "") -> Role:
    """Return the role of a column by what it holds and is called alone."""
    if column.kind == "text":
        return Role("identifier", "it is free text, which nothing here learns from yet")
    if column.kind == "time":
        return Role("identifier", "it is another time")
    if names.names_people(column.name):
        return Role("identifier", "by its name it tells who somebody is")
    if column.kind == "id":
        return Role("identifier", f"it has {column.distinct:,} different values: too many to learn any of them")
    return Role("feature", "a part of the key" if given == "key" else "")


def _filled_with(column: Column, unlabelled: "np.typing.NDArray[np.bool_]") -> float | None:
    """Return in what share of the rows without a label ``column`` is missing, if that is a sign of the outcome."""
    if unlabelled.sum() < _FEWEST_UNLABELLED or not column.missing:
        return None
    missing = column.values.is_null().to_numpy()
    without, having = float(missing[unlabelled].mean()), float(missing[~unlabelled].mean())
    return without if without >= _WITHOUT_LABEL and having <= _WITH_LABEL else None


def those(roles: Mapping[str, Role], use: Use) -> Sequence[str]:
    """Return the columns of one use."""
    return [name for name, role in roles.items() if role.use == use]
