"""A spec, written with the reason of each choice beside it."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from textwrap import wrap

from tasks.data.window import write_time
from tasks.drafting import names
from tasks.drafting.entities import history_lines
from tasks.drafting.plan import Plan
from tasks.drafting.roles import those
from tasks.drafting.timeline import Timeline, describe
from tasks.markdown import one_line
from tasks.spec import CsvSpec, PiecesClock, RowsClock, WrittenClock, write_duration

_COMMENT_AT, _WIDTH = 44, 120
_SMALL = 2_000
"""Labelled rows that train, below which trees get smaller leaves."""


def write_spec(plan: Plan) -> str:
    """Return the text of ``deployments/<model>.toml``."""
    parts = (_model, _source, _contract, _window, _features, history_lines, _candidates, _gate, _drift, _schedule)
    return "\n\n".join(text for part in parts if (text := "\n".join(part(plan)))) + "\n"


def _model(plan: Plan) -> Iterator[str]:
    yield f"# Drafted from {plan.rows:,} rows of {one_line(plan.place.uri)}. docs/spec.md explains every key."
    yield _line("model", plan.model)
    yield _line("owner", plan.owner)
    yield _line("task", plan.goal.task, plan.goal.reason)
    if plan.goal.positive is not None:
        share = plan.goal.shares.get(str(plan.goal.positive), 0.0)
        yield _line("positive", plan.goal.positive, f"the class to predict, {share:.1%} of the rows")


def _source(plan: Plan) -> Iterator[str]:
    place, order = plan.place, plan.order
    yield "[source]"
    yield _line("uri", place.uri)
    for key in ("table", "query"):
        if getattr(place, key):
            yield _line(key, getattr(place, key))
    if place.form != CsvSpec():
        written = {key: value for key, value in place.form if value != getattr(CsvSpec(), key)}
        yield _line("csv", written, "how the file is written")
    if plan.words:
        where = ", ".join(f"{one.word} in {one.column}" for one in plan.spellings[:3])
        yield _line("missing", plan.words, f"as found: {where}" + (" …" if len(plan.spellings) > 3 else ""))
    yield _line("timestamp", order.timestamp, order.why_time)
    if plan.naive or plan.zone != "UTC":
        yield _line("timezone", plan.zone, "times are written without a zone" if plan.naive else "")
    yield _line("key", list(order.key), order.why_key)
    if order.row_number is not None:
        yield _line("row_number", order.row_number, "made: rows are counted as they stand; add new ones at the end")
    yield _line("target", plan.target)
    if plan.timeline.delay:
        yield _line("label_delay", plan.timeline.delay, "the newest rows had no label yet")
    yield from _clock(plan)


def _clock(plan: Plan) -> Iterator[str]:
    clock = plan.source.clock
    if clock is None:
        return
    yield ""
    yield f"[source.clock]                      # {plan.order.timestamp} is made where the rows are read"
    yield _line("kind", clock.kind)
    if isinstance(clock, WrittenClock):
        yield _line("column", clock.column)
        yield _line("formats", clock.formats)
    elif isinstance(clock, PiecesClock):
        yield from (_line(piece, column) for piece, column in clock.columns.items())
        if clock.date_format:
            yield _line("date_format", clock.date_format)
    elif isinstance(clock, RowsClock):
        yield _line(
            "first", clock.first, f"made up: so that the last row was just before {write_time(plan.timeline.as_of)}"
        )
        yield _line("every", clock.every, "made up: rows that are added go on at this pace")
        if clock.spread:
            yield _line("spread", clock.spread, "the file is sorted: its order says nothing of time")


def _contract(plan: Plan) -> Iterator[str]:
    yield "[contract]"
    yield _line("max_quarantined", 0.5 if plan.repeated == "identical" else 0.05)
    least = "the fewest that train, choose and judge: twice gate.min_rows, and that for each of the others"
    yield _line("min_rows", max(10, 4 * plan.timeline.fewest), least)
    if plan.repeated != "refuse":
        yield _line("repeated", plan.repeated, plan.why_repeated)


def _window(plan: Plan) -> Iterator[str]:
    line = plan.timeline
    yield "[window]"
    yield f"# {_rows_said(line)}"
    yield from _train(line)
    yield _line("validation", line.validation, f"{line.chooses:,} rows")
    yield _line("holdout", line.holdout, f"{line.judges:,} rows")
    yield _line("refit", True, "what validation chose learns from its rows, too: they are the newest")


def _train(line: Timeline) -> Iterator[str]:
    if line.recent is None:
        yield _line("train", "all", f"{line.trains:,} rows")
        return
    reason = (
        f"{line.trains:,} rows, or the newest {line.recent.rows:,} alone, since models of newer rows did better "
        "(see the report): validation chooses, anew at each training, for about a quarter more of its time"
    )
    yield _line("train", [line.recent.length, "all"], reason)


def _rows_said(line: Timeline) -> str:
    return f"{line.rows:,} rows from {write_time(line.start)} to {write_time(line.end)}; {describe(line)}"


def _features(plan: Plan) -> Iterator[str]:
    yield "[features]"
    if parts := calendar(plan):
        yield _line("calendar", list(parts), "of the event time")
    if plan.zone != "UTC" and parts:
        yield _line("timezone", plan.zone)
    if texts := plan.learned_by("words"):
        yield _line("text", texts, "free text: what its words say of the target is learned")
    if many := plan.learned_by("statistics"):
        sizes = ", ".join(f"{name} {plan.columns[name].distinct:,}" for name in many)
        yield _line("target_statistics", many, f"many values ({sizes}): each is taken as what its earlier labels were")
    left_out = those(plan.roles, "excluded")
    if not left_out:
        yield "exclude = []"
        return
    yield "exclude = [                                # delete a line to learn from that column"
    for name in left_out:
        yield f"    {_value(name)},".ljust(_COMMENT_AT - 1) + f" # {one_line(plan.roles[name].reason)}"
    yield "]"


def calendar(plan: Plan) -> Sequence[str]:
    """Return the parts of the event time that no column says, if the history is long enough to learn them."""
    line, day = plan.timeline, timedelta(days=1)
    if plan.order.by_rows:
        return ()
    said = {names.piece(name) for name, role in plan.roles.items() if role.use == "feature"}
    trained = line.end - line.start - line.validation - line.holdout
    parts = []
    if line.usual_step < timedelta(hours=12) and "hour" not in said and trained > 3 * day:
        parts.append("hour")
    if line.usual_step < 5 * day and trained > 28 * day and "weekday" not in {*plan.columns}:
        parts.append("weekday")
    if "month" not in said and trained > 550 * day:
        parts.append("month")
    return parts


def _candidates(plan: Plan) -> Iterator[str]:
    yield "[[candidates]]"
    yield _line("kind", "linear")
    yield ""
    yield "[[candidates]]"
    yield _line("kind", "lightgbm")
    if plan.timeline.trains < _SMALL:
        yield _line("learning_rate", 0.05)
        yield _line(
            "min_leaf_rows", 5, f"so few rows train ({plan.timeline.trains:,}) that leaves of 20 would see little"
        )


def _gate(plan: Plan) -> Iterator[str]:
    line = plan.timeline
    yield "[gate]"
    yield _line("metric", plan.goal.metric)
    if plan.margin is not None:
        yield from (f"# {line}" for line in wrap(plan.margin.reason, _WIDTH - 2))
        yield f"margin = {plan.margin.written}"
    if line.block is None:
        yield _line("block", "row", "rows have no time in common" if plan.order.by_rows else "rows lie farther apart")
    elif line.block != timedelta(days=1):
        yield _line("block", line.block, "few days judge")
    if line.fewest != 200:
        yield _line(
            "min_rows", line.fewest, "half of the rows that there are to judge; the gate says what they can tell"
        )
    sensitive = [name for name, role in plan.roles.items() if role.use == "feature" and names.is_sensitive(name)]
    sensitive = [name for name in sensitive if plan.columns[name].distinct <= 20]
    if sensitive and plan.goal.task == "binary":
        yield _line("fairness", {"columns": sensitive}, "sensitive by name: differences are reported")


def _drift(plan: Plan) -> Iterator[str]:
    line = plan.timeline
    yield "[drift]"
    yield _line("window", line.window, f"about {line.rows * (line.window / max(line.covered, line.window)):,.0f} rows")
    yield _line("every", line.every)


def _schedule(plan: Plan) -> Iterator[str]:
    line = plan.timeline
    sign = "" if line.live else "# "
    if not line.live:
        yield f"# The newest row is of {write_time(line.end)}: once rows go on to come:"
    yield f"{sign}[schedule]"
    for key, cron in crons(line):
        yield f'{sign}{key} = "{cron}"'


def crons(line: Timeline) -> list[tuple[str, str]]:
    """Return when to score, to look for drift and to train, each by its key of ``[schedule]``."""
    day = timedelta(days=1)
    train = "0 3 * * 1" if line.every <= day else "0 3 1 * *"
    if line.every < day:
        return [("score", "15 * * * *"), ("drift", "30 */6 * * *"), ("train", train)]
    looked = ("15 6 * * *", "30 6 * * *") if line.every == day else ("15 6 * * 1", "30 6 * * 1")
    return [("score", looked[0]), ("drift", looked[1]), ("train", train)]


def _line(key: str, value: object, reason: str = "") -> str:
    written, reason = f"{key} = {_value(value)}", one_line(reason)
    beside = f"{written:<{_COMMENT_AT - 1}} # {reason}"
    if not reason or len(beside) <= _WIDTH:
        return beside if reason else written
    return "\n".join([*(f"# {line}" for line in wrap(reason, _WIDTH - 2)), written])


def _value(value: object) -> str:
    if isinstance(value, timedelta):
        return f'"{write_duration(value)}"'
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    return str(value).lower() if isinstance(value, bool) else str(value)
