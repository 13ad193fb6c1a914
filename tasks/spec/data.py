"""The sections of a spec about data and features."""

import codecs
from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from tasks.spec.clock import ClockSpec
from tasks.spec.section import Section
from tasks.spec.values import Duration, Durations, Length, Lengths, Share, TimeZone, Uri

Ngrams = Literal["words", "characters"]
CalendarPart = Literal["minute_of_day", "hour", "weekday", "day_of_month", "month", "day_of_year"]


class CsvSpec(Section):
    """How a CSV is written, where it is not as usual."""

    delimiter: str = Field(",", min_length=1, max_length=1, description="What stands between two values.")
    encoding: str = Field("utf-8", description='Of the text, such as "latin-1" or "utf-16".')
    decimal: Literal[".", ","] = Field(".", description="What stands before the decimals of a number.")

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError('an encoding such as "utf-8" or "latin-1"') from None
        return encoding


class SourceSpec(Section):
    """Where the rows are, and which columns say when, which one and what came of it."""

    uri: Uri = Field(
        description="A file, folder or glob of CSV or Parquet (also .gz), a database URL, or demo:flights. "
        "A relative path starts at the project's folder; ${NAME} stands for an environment variable."
    )
    table: str | None = Field(None, description="For a database: the table to read.")
    query: str | None = Field(None, description="For a database: the SELECT to read from.")
    csv: CsvSpec = CsvSpec()
    missing: list[str] = Field(
        default_factory=list, description='What else stands for a missing value, in any column, such as ["?", "-999"].'
    )
    timestamp: str = Field(description="Column of the event time: of the source, or made by source.clock.")
    clock: ClockSpec | None = Field(None, description="Where no column of the source is the event time as it is.")
    timezone: TimeZone = Field("UTC", description="Zone of event times that are written without one.")
    key: list[str] = Field(min_length=1, description="Columns that together name a row.")
    row_number: str | None = Field(
        None, description="Name of a column that counts the rows of the files, from 0: a key where there is none."
    )
    target: str = Field(description="Column to predict: of the source, or made by the contract's targets().")
    label_delay: Duration = Field(timedelta(0), description="A label is known this long after the event.")
    label_time: str | None = Field(None, description="Column that says when the label arrived.")
    group: str | None = Field(None, description="Column whose values must not stand on both sides of a split.")


class ContractSpec(Section):
    """How far rows may stray from the contract before a run stops."""

    name: str | None = Field(None, description="File in data_contracts/, without .py; default: the model's name.")
    max_quarantined: Share = Field(0.05, description="Share of rows that may be quarantined.")
    min_rows: int = Field(1000, ge=1, description="Fewer valid rows than this stop the run.")
    repeated: Literal["refuse", "first", "identical"] = Field(
        "refuse",
        description="Rows that have the key of another stop the run, or all but the first go to quarantine; "
        "identical: so do rows that are like another in every column that is not made.",
    )
    max_age: Duration | None = Field(None, description="The newest row may be this much older than as_of.")


class WindowSpec(Section):
    """Which stretch of time trains, which chooses, which judges."""

    train: Lengths = Field(
        "all", description='Length of the training window, or a list such as ["30d", "all"]: validation chooses.'
    )
    half_life: Durations = Field(
        (), description="Further candidates: the longest window, in which a row so much older counts half."
    )
    validation: Duration = Field(description="Length of the window that chooses.")
    holdout: Duration = Field(description="Length of the window that judges.")
    refit: bool = Field(False, description="Fit the chosen candidate once more, on train and validation together.")

    @property
    def lengths(self) -> tuple[Length, ...]:
        """The training windows that are tried, in the order of the spec."""
        return self.train if isinstance(self.train, tuple) else (self.train,)

    @property
    def longest(self) -> Length:
        """The training window that the others are a part of."""
        finite = [length for length in self.lengths if length != "all"]
        return max(finite) if len(finite) == len(self.lengths) else "all"


class FeaturesSpec(Section):
    """What is made of the columns known at prediction time."""

    calendar: list[CalendarPart] = Field(
        default_factory=list, description="Parts of the event time to use as features."
    )
    timezone: TimeZone = Field("UTC", description="Zone of the clock on the wall that the calendar follows.")
    exclude: list[str] = Field(default_factory=list, description="Columns to leave out.")
    max_categories: int = Field(
        255, ge=2, description="Most frequent values kept of a text column; others count as missing."
    )
    text: list[str] = Field(
        default_factory=list, description="Columns of free text: what their words say of the target is learned."
    )
    ngrams: Ngrams = Field(
        "words",
        description="What a text is taken apart into: words and pairs of them; or runs of 3 to 5 characters, for "
        "misspellings, and for languages that write no spaces, in several times the time.",
    )
    target_statistics: list[str] = Field(
        default_factory=list,
        description="Ids and categories of many values: each is taken as what its earlier labels were.",
    )
    smoothing: float = Field(
        20.0, gt=0, description="Of target statistics: how many rows of a value count as much as all other rows."
    )

    @model_validator(mode="after")
    def _columns_are_used_once(self) -> "FeaturesSpec":
        taken = {"exclude": self.exclude, "text": self.text, "target_statistics": self.target_statistics}
        for key in ("text", "target_statistics"):
            if twice := [name for name in taken[key] if taken[key].count(name) > 1]:
                raise ValueError(f".{key}|{twice[0]}|each column once")
        for key, other in (("text", "exclude"), ("target_statistics", "exclude"), ("target_statistics", "text")):
            if both := [name for name in taken[key] if name in taken[other]]:
                raise ValueError(f".{key}|{both[0]}|a column that is not in {other}, too")
        return self

    @property
    def learn_from_labels(self) -> bool:
        """Some are fitted on what became of the rows of train."""
        return bool(self.text or self.target_statistics)
