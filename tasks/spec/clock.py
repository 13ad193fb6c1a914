"""How the event time comes about where the source has no column that says it as it is."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tasks.spec.section import Section
from tasks.spec.values import Duration

EPOCHS = ("seconds", "milliseconds")
"""Formats of numbers that count from 1970, UTC."""
PIECES = ("date", "year", "month", "day", "hour", "minute", "second")


class WrittenClock(Section):
    """One column has the time, in a way of its own."""

    kind: Literal["written"]
    column: str = Field(description="Column that says the time.")
    formats: list[str] = Field(
        min_length=1,
        description='How it is written, such as "%d.%m.%Y %H:%M"; of several the first that fits a value. '
        '"seconds" or "milliseconds": a number that counts from 1970.',
    )


class PiecesClock(Section):
    """Several columns have a part of the time each. A part that has none is the first: January, the 1st, 0:00."""

    kind: Literal["pieces"]
    date: str | None = Field(None, description="Column of the day, as ISO 8601 writes it or as date_format says.")
    date_format: str | None = Field(None, description='How the date is written, such as "%d.%m.%Y".')
    year: str | None = Field(None, description="Column of the year, unless there is one of the date.")
    month: str | None = Field(None, description="Column of the month: a number, or its English name or the like.")
    day: str | None = Field(None, description="Column of the day of the month.")
    hour: str | None = Field(None, description="Column of the hour; 24 is 0:00 of the next day.")
    minute: str | None = Field(None, description="Column of the minute.")
    second: str | None = Field(None, description="Column of the second.")

    @model_validator(mode="after")
    def _says_the_day(self) -> "PiecesClock":
        if (self.date is None) == (self.year is None):
            raise ValueError(f"source.clock|{(self.date and 'date and year') or 'neither'}|either date or year")
        return self

    @property
    def columns(self) -> dict[str, str]:
        """The column of each piece that there is."""
        return {piece: column for piece in PIECES if (column := getattr(self, piece)) is not None}


class RowsClock(Section):
    """The source has no time at all: the order of its rows stands for it."""

    kind: Literal["rows"]
    first: str = Field(description="Time of the first row, UTC, such as 2026-01-01.")
    every: Duration = Field(description="From one row to the next.")
    spread: int = Field(
        0,
        ge=0,
        description="The first so many rows are spread over the time that they take together, in an order that has "
        "nothing to do with theirs: for a file that is sorted. Rows after them stand in their order.",
    )

    @field_validator("first")
    @classmethod
    def _is_a_time(cls, first: str) -> str:
        try:
            datetime.fromisoformat(first)
        except ValueError:
            raise ValueError("a date or time such as 2026-01-01") from None
        return first

    @field_validator("every")
    @classmethod
    def _goes_on(cls, every: timedelta) -> timedelta:
        if every <= timedelta(0):
            raise ValueError("more than no time at all")
        return every


ClockSpec = Annotated[WrittenClock | PiecesClock | RowsClock, Field(discriminator="kind")]
