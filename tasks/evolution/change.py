"""One thing that a contract would have to change, to let fresh rows through."""

from dataclasses import dataclass
from typing import Literal

from tasks.evolution.edits import Class, Edit

Kind = Literal["new_category", "wider_range", "nullable", "new_column", "column_gone", "type_changed", "rule_broken"]
_TITLES: dict[Kind, str] = {
    "new_category": "new category of",
    "wider_range": "wider range of",
    "nullable": "missing values of",
    "new_column": "new column",
    "column_gone": "no more column",
    "type_changed": "another type of",
    "rule_broken": "broken rule of",
}


@dataclass(frozen=True)
class Change:
    """What fresh rows show of one column, and what the contract would say instead."""

    column: str
    kind: Kind
    rows: int
    """Of the window, those that it is about."""
    found: str
    """What was found, in words."""
    edit: Edit | None = None
    """None: only a person can say what the contract should be."""
    why: str = ""
    """Where the new rule comes from; with the date it becomes the comment above the field."""
    compatibility: Class = "compatible"
    """compatible: every row that was valid stays so."""
    held: str | None = None
    """Why it is no part of a proposal unless somebody asks for it; None: it is."""
    by_hand: str | None = None
    """Why it cannot be written into the file; None: it can."""

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return f"{_TITLES[self.kind]} {self.column or 'whole rows'}"
