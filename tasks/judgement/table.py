"""A table of facts, as pages and markdown show it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Facts in rows; one without rows is not shown."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    striking: frozenset[int] = frozenset()
    """The rows that a reader must not miss, counted from 0; their words say why."""


NONE = Table("", (), ())
"""No facts: it is not shown."""
