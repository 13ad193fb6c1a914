"""What may be changed in the field of one column of a contract, and whether data of before stays valid."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Class = Literal["compatible", "breaking"]


@dataclass(frozen=True)
class Bounds:
    """Other limits of a number: the argument of the field, and its value."""

    values: Mapping[str, float]


@dataclass(frozen=True)
class Words:
    """More categories."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class MayBeMissing:
    """A value need not be there."""


@dataclass(frozen=True)
class Retyped:
    """Another type, as an annotation writes it."""

    was: str
    kind: str


@dataclass(frozen=True)
class Dropped:
    """The column is not named any more."""


@dataclass(frozen=True)
class Added:
    """A column that the contract did not name; it may be missing, as it is in rows of before."""

    kind: str
    rules: Mapping[str, str] = field(default_factory=dict)
    """Arguments of the field, as they are written."""


Edit = Bounds | Words | MayBeMissing | Retyped | Dropped | Added


def class_of(edit: Edit, was: Mapping[str, float] | None = None) -> Class:
    """Return whether every row that was valid stays so; ``was`` are the limits that bounds take the place of.

    >>> class_of(Bounds({"le": 20}), {"le": 10}), class_of(Bounds({"le": 5}), {"le": 10})
    ('compatible', 'breaking')
    >>> class_of(Retyped("int", "float")), class_of(Retyped("float", "str"))
    ('compatible', 'breaking')
    """
    match edit:
        case Dropped():
            return "breaking"
        case Retyped(was=before, kind=after):
            return "compatible" if (before, after) == ("int", "float") else "breaking"
        case Bounds(values=values):
            return (
                "breaking" if any(_narrower(name, value, was or {}) for name, value in values.items()) else "compatible"
            )
    return "compatible"


def _narrower(name: str, value: float, was: Mapping[str, float]) -> bool:
    if name not in was:
        return True
    return value > was[name] if name in ("ge", "gt") else value < was[name]
