"""How rows are named and put in order: by columns that say so, or else by how they stand in the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from tasks.drafting import names
from tasks.drafting.dates import Clock, clock_of, find_clocks, parts_said
from tasks.drafting.keys import likely_keys
from tasks.drafting.kinds import Column
from tasks.drafting.order import is_sorted_by, rows_clock
from tasks.drafting.plan import Order, Place, Repeated, source_of
from tasks.drafting.questions import Ask, Question
from tasks.drafting.survey import Survey, repeats_are_whole_rows, take_survey
from tasks.drafting.timeline import Timeline, plan
from tasks.drafting.wishes import Wishes
from tasks.errors import DataRefused, NotEnoughData, SettingsError
from tasks.settings import Settings
from tasks.spec import WrittenClock, is_database

_MOST_REPEATED = 0.05
"""Of the rows: so many may be the same row again; it is no key if there are more."""
_EPOCHS = ("seconds", "milliseconds")


@dataclass(frozen=True)
class Ordered:
    """The choice, and the windows that follow from it."""

    order: Order
    timeline: Timeline
    naive: bool
    parts: tuple[str, ...] = ()
    """Columns that say a part of the event time again."""
    repeated: Repeated = "refuse"
    why_repeated: str = ""

    def given(self, target: str) -> Mapping[str, str]:
        """Return what the columns are that the spec names."""
        return {
            **dict.fromkeys(self.parts, "part"),
            **dict.fromkeys(self.order.key, "key"),
            self.order.timestamp: "time",
            target: "target",
        }


@dataclass(frozen=True)
class Unordered:
    """A table that is to be put in order, and what may be asked about it."""

    wishes: Wishes
    place: Place
    rows: int
    columns: Mapping[str, Column]
    words: Sequence[str]
    settings: Settings
    now: datetime
    ask: Ask


def choose_order(table: Unordered) -> Ordered:
    """Return how the rows of ``table`` are named and put in order of time.

    Raises:
        DataRefused: a database says no time or no key: its rows have no order that could stand for them.
        NotEnoughData: there are too few rows to train, choose and judge.
    """
    clock = _clock(table)
    if clock is None:
        return _by_rows(table, "no column says when a row was: the order of rows stands for it")
    try:
        return _by_clock(table, clock)
    except NotEnoughData as error:
        if table.wishes.time is not None or is_database(table.place.uri):
            raise
        return _by_rows(table, f"{clock.words} is of no use ({error}): the order of rows stands for it")


def spread_out(order: Order, rows: int) -> Order:
    """Return ``order`` with its rows spread over the time that they take together."""
    assert order.rows_clock is not None
    return replace(order, rows_clock=order.rows_clock.model_copy(update={"spread": rows}))


def _clock(table: Unordered) -> Clock | None:
    wished, columns = table.wishes.time, table.columns
    if wished is not None:
        found = clock_of(columns[wished])
        if found is None or columns[wished].missing:
            sample = columns[wished].values.drop_null().slice(0, 1).to_pylist()
            what = f"{columns[wished].missing:,} rows have none" if columns[wished].missing else f"found {sample}"
            raise SettingsError(
                f"--time: {wished} does not say a time in every row: {what}; allowed: a date or time in each"
            )
        return _settled(found, table.ask)
    clocks = find_clocks(columns, [table.wishes.target])
    if not clocks:
        return None
    rivals = [clock for clock in clocks if names.when(clock.columns[0]) > 0 or len(clock.columns) > 1]
    if len(rivals) > 1:
        question = Question(
            "time", "Which is the time of the event, at which a prediction is made?", tuple(c.words for c in clocks),
            clocks[0].words, "its name says so best",
        )  # fmt: skip
        answer = table.ask(question)
        return _settled(next(clock for clock in clocks if clock.words == answer), table.ask)
    return _settled(clocks[0], table.ask)


def _settled(clock: Clock, ask: Ask) -> Clock:
    """Return ``clock`` with the format that was chosen where two fit."""
    if not clock.ambiguous or not isinstance(clock.spec, WrittenClock):
        return clock
    likely = clock.spec.formats[0]
    question = Question(
        "format", f"How is {clock.spec.column} written? Both fit every value.", (likely, clock.ambiguous), likely,
        "it is the usual one with such signs",
    )  # fmt: skip
    return replace(clock, spec=clock.spec.model_copy(update={"formats": [ask(question)]}), ambiguous="")


def _by_clock(table: Unordered, clock: Clock) -> Ordered:
    wished = table.wishes.key
    keys = [wished] if wished else likely_keys(table.columns, clock, table.wishes.target)
    order = Order(clock.timestamp, clock, None, keys[0] if keys else (clock.timestamp,), None, clock.words, "")
    survey = _survey(table, order, keys)
    order, repeated, why = _with_key(table, order, (keys, survey))
    line = plan(survey, table.now)
    parts = tuple(parts_said(table.columns, clock, "UTC"))
    return Ordered(order, line, _is_naive(clock, table.columns), parts, repeated, why)


def _by_rows(table: Unordered, why: str) -> Ordered:
    if is_database(table.place.uri):
        raise DataRefused(f"{table.place.uri}: {why}, and a database has no order of rows; add a time to --query")
    target, wished = table.columns[table.wishes.target], table.wishes.key
    far = is_sorted_by(target)
    ends = table.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    clock = rows_clock(table.rows, ends, spread=far > 0)
    keys = [wished] if wished else likely_keys(table.columns, None, table.wishes.target)
    name = names.identifier("row_time", set(table.columns))
    order = Order(name, None, clock, keys[0] if keys else (), None, why, "")
    if not keys:
        order = replace(order, key=(names.identifier("row", set(table.columns)),))
        order = replace(order, row_number=order.key[0])
    survey = _survey(table, order, keys)
    order, repeated, why_repeated = _with_key(table, order, (keys, survey))
    line = plan(survey, table.now, ends=ends)
    return Ordered(order, line, naive=False, repeated=repeated, why_repeated=why_repeated)


def _survey(table: Unordered, order: Order, keys: Sequence[tuple[str, ...]]) -> Survey:
    source = source_of(table.place, order, table.wishes.target, list(table.words), "UTC")
    return take_survey(source, keys, table.settings)


def _with_key(
    table: Unordered, order: Order, found: tuple[Sequence[tuple[str, ...]], Survey]
) -> tuple[Order, Repeated, str]:
    """Return ``order`` with the first key that names each row once, or once but for rows that were loaded twice."""
    keys, survey = found
    repeats = {key: survey.repeats(key) for key in keys}
    for key in keys:
        if repeats[key] == 0:
            return replace(order, key=key, row_number=None, why_key=_in_words(key)), "refuse", ""
    for key in keys:
        if repeats[key] <= _MOST_REPEATED * table.rows and (table.wishes.key or _whole(table, order, key, survey)):
            why = f"{repeats[key]:,} rows repeat the {' and '.join(key)} of another" + (
                "" if table.wishes.key else ", and all else of it: they were loaded twice"
            )
            return replace(order, key=key, row_number=None, why_key=_in_words(key)), "first", why
    if table.wishes.key:
        raise SettingsError(
            f"--key: {repeats[table.wishes.key]:,} of {table.rows:,} rows repeat the {' and '.join(table.wishes.key)} "
            "of another; allowed: columns that name a row"
        )
    if is_database(table.place.uri):
        raise DataRefused(
            f"{table.place.uri}: no columns name a row; number the rows in --query, or name some by --key"
        )
    number = names.identifier("row", set(table.columns))
    words = "no columns name a row: its number in the file does"
    return replace(order, key=(number,), row_number=number, why_key=words), "refuse", ""


def _whole(table: Unordered, order: Order, key: tuple[str, ...], survey: Survey) -> bool:
    source = source_of(table.place, order, table.wishes.target, list(table.words), "UTC")
    return repeats_are_whole_rows(source, key, survey, list(table.columns), table.settings)


def _in_words(key: tuple[str, ...]) -> str:
    return f"{' and '.join(key)} {'names' if len(key) == 1 else 'together name'} each row"


def _is_naive(clock: Clock, columns: Mapping[str, Column]) -> bool:
    """Say whether times are written without a zone."""
    if isinstance(clock.spec, WrittenClock):
        return not set(clock.spec.formats) & set(_EPOCHS)
    if clock.spec is not None:
        return True
    values = columns[clock.columns[0]].values
    if pa.types.is_timestamp(values.type):
        return values.type.tz is None
    if pa.types.is_string(values.type):
        return not pc.any(pc.match_substring_regex(values, r"[T ]\d\d.*(Z|[+-]\d\d(:?\d\d)?)$")).as_py()
    return True
