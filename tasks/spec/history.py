"""What a row may know of the rows before it: a section of a spec for each way of looking back."""

import re
from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field, model_validator

from tasks.spec.section import Section
from tasks.spec.values import Duration, Durations, write_duration

OF_WINDOWS = ("count", "mean", "sum", "min", "max")
"""What is told of the rows within a length of time,"""
OF_ROWS = ("last", "days_since")
"""and of single ones, as lag:2 is."""
_YEAR = timedelta(days=365)
_LAG = re.compile(r"lag:[1-9]\d{0,2}")
_WAYS = f'{", ".join((*OF_WINDOWS, *OF_ROWS))}, or "lag:2" and the like'


class HistorySpec(Section):
    """Columns that are made of the rows before a row."""

    by: list[str] = Field(
        default_factory=list, description="Columns that say whose rows they are; none: those of the whole table."
    )
    of: str | None = Field(None, description="Column whose values are looked at; none: the rows themselves.")
    how: list[str] = Field(min_length=1, description=f"What is told of them: {_WAYS}.")
    over: Durations = Field((), description="Lengths of time before the row, for count, mean, sum, min and max.")
    look_back: Duration = Field(_YEAR, description="How long before the row last, lag and days_since look; at most.")
    delay: Duration = Field(
        timedelta(0), description="Rows are in the source this long after their event; none is used before."
    )

    @model_validator(mode="after")
    def _is_known(self) -> "HistorySpec":
        for way in self.how:
            if way not in (*OF_WINDOWS, *OF_ROWS) and not _LAG.fullmatch(way):
                raise ValueError(f".how|{way}|{_WAYS}")
        return self

    @model_validator(mode="after")
    def _goes_together(self) -> "HistorySpec":
        needs = [way for way in self.how if way not in ("count", "days_since")]
        if self.of is None and needs:
            raise ValueError(f".of|none|a column, for {needs[0]}; of the rows themselves: count, days_since")
        if self.windows and not self.over:
            raise ValueError(f'.over|none|a length of time such as "7d", or several, for {self.windows[0]}')
        if self.over and not self.windows:
            raise ValueError(f".over|{self._over}|none for {self.how[0]}, which looks as far as look_back")
        if self.look_back <= timedelta(0):
            raise ValueError(f".look_back|{write_duration(self.look_back)}|more than no time at all")
        return self

    @property
    def windows(self) -> tuple[str, ...]:
        """What is asked of the rows within a length of time."""
        return tuple(way for way in self.how if way in OF_WINDOWS)

    @property
    def rows(self) -> tuple[str, ...]:
        """What is asked of single rows."""
        return tuple(way for way in self.how if way not in OF_WINDOWS)

    @property
    def values(self) -> tuple[str, ...]:
        """What is asked that needs numbers: whether there is a value is not enough."""
        return tuple(way for way in self.how if way not in ("count", "days_since"))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are made: ``amount_mean_7d_by_customer``."""
        return tuple(self.name(way, over) for way in self.how for over in self.lengths(way))

    def lengths(self, way: str) -> tuple[timedelta, ...]:
        """Return how far ``way`` looks back: once for each column that it makes."""
        return self.over if way in OF_WINDOWS else (self.look_back,)

    def name(self, way: str, over: timedelta) -> str:
        """Return what the column is called that tells ``way`` of the rows ``over`` such a length of time.

        One that is made otherwise is called otherwise: a champion never reads what it did not learn from.
        """
        length = [write_duration(over)] if way in OF_WINDOWS else []
        whose = ["by", "_and_".join(self.by)] if self.by else []
        within = ["within", write_duration(self.look_back)] if self._is_limited(way) else []
        after = ["after", write_duration(self.delay)] if self.delay else []
        return "_".join([*([self.of] if self.of else []), way.replace(":", "_"), *length, *whose, *within, *after])

    def _is_limited(self, way: str) -> bool:
        """Say whether ``look_back`` may matter to ``way``, and is not as usual."""
        return self.look_back != _YEAR and (self.of is not None or way not in OF_WINDOWS)

    @property
    def _over(self) -> str:
        return ", ".join(map(write_duration, self.over))


def made_by(history: Sequence[HistorySpec]) -> tuple[str, ...]:
    """Return all columns that the sections make, in their order."""
    return tuple(name for section in history for name in section.names)
