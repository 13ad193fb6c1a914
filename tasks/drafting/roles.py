"""What each column is for: a feature, and of which kind, an identifier, an outcome, or nothing; and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.data.target_statistics import MOST_CLASSES
from tasks.drafting import names
from tasks.drafting.kinds import Column
from tasks.drafting.target import Goal
from tasks.spec import FeaturesSpec

Use = Literal["feature", "identifier", "outcome", "excluded", "unread"]
Way = Literal["as it is", "words", "statistics"]
_FEWEST_UNLABELLED = 20
_MOST_DISTINCT = 0.5
"""Of the rows, of an id whose values come again often enough for something to be learned of them."""
_WITHOUT_LABEL, _WITH_LABEL = 0.5, 0.01
"""Share of rows without and with a label in which a column is missing, of one that the outcome fills."""


@dataclass(frozen=True)
class Role:
    """What a column is for."""

    use: Use
    """excluded: in the contract, and left out by the spec; unread: in neither."""
    reason: str = ""
    """Why it is no feature, or one of another kind than its values suggest, in words; empty for a plain feature."""
    leak: bool = False
    way: Way = "as it is"
    """How a feature is learned from."""


def roles_of(columns: Mapping[str, Column], given: Mapping[str, str], goal: Goal) -> dict[str, Role]:
    """Return the role of each column; ``given`` are the words for those that the spec names: time, key, target."""
    unlabelled = columns[next(name for name, what in given.items() if what == "target")].values.is_null().to_numpy()
    return {name: _role(column, given.get(name, ""), unlabelled, goal) for name, column in columns.items()}


def _role(column: Column, given: str, unlabelled: "np.typing.NDArray[np.bool_]", goal: Goal) -> Role:
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
    return by_kind(column, len(goal.shares), given)


def by_kind(column: Column, classes: int, given: str = "") -> Role:
    """Return the role of a column by what it holds and is called alone; the target has so many ``classes``."""
    if column.kind == "time":
        return Role("identifier", "it is another time")
    if names.names_people(column.name):
        return Role("identifier", "by its name it tells who somebody is")
    if column.kind == "text" and given == "key":
        return Role("identifier", "it names the row")
    if column.kind == "text":
        return Role("feature", "what its words say of the target is learned", way="words")
    if _has_many_values(column):
        return _of_many_values(column, classes)
    return Role("feature", "a part of the key" if given == "key" else "")


def _has_many_values(column: Column) -> bool:
    """Say whether a column names things: an id, or a category with more values than are kept of one."""
    return column.kind == "id" or (column.kind == "category" and column.distinct > FeaturesSpec().max_categories)


def _of_many_values(column: Column, classes: int) -> Role:
    said, filled = f"it has {column.distinct:,} different values", len(column.values) - column.values.null_count
    if column.distinct > _MOST_DISTINCT * filled:
        return Role("identifier", f"{said}, of which hardly any comes again")
    if classes > MOST_CLASSES:
        return Role("identifier", f"{said}, and the target too many classes to learn what each says of them")
    return Role("feature", f"{said}: each is taken as what its earlier labels were", way="statistics")


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
