"""A spec, written with the reason of each choice beside it."""

from collections.abc import Iterator
from datetime import timedelta
from textwrap import wrap

from tasks.data.window import write_time
from tasks.drafting import names
from tasks.drafting.calendar_parts import calendar
from tasks.drafting.entities import history_lines
from tasks.drafting.plan import Plan
from tasks.drafting.roles import those
from tasks.drafting.schedules import crons
from tasks.drafting.timeline import Timeline, describe
from tasks.drafting.toml_lines import COMMENT_AT, WIDTH, entry, write_value
from tasks.markdown import one_line
from tasks.spec import CsvSpec, PiecesClock, RowsClock, WrittenClock

_SMALL = 2_000
"""Labelled rows that train, below which trees get smaller leaves."""


def write_spec(plan: Plan) -> str:
    """Return the text of ``deployments/<model>.toml``."""
    parts = (_model, _source, _contract, _window, _features, history_lines, _candidates, _gate, _drift, _schedule)
    return "\n\n".join(text for part in parts if (text := "\n".join(part(plan)))) + "\n"


def _model(plan: Plan) -> Iterator[str]:
    yield f"# Drafted from {plan.rows:,} rows of {one_line(plan.place.uri)}. docs/spec.md explains every key."
    yield entry("model", plan.model)
    yield entry("owner", plan.owner)
    yield entry("task", plan.goal.task, plan.goal.reason)
    if plan.goal.positive is not None:
        share = plan.goal.shares.get(str(plan.goal.positive), 0.0)
        yield entry("positive", plan.goal.positive, f"the class to predict, {share:.1%} of the rows")


def _source(plan: Plan) -> Iterator[str]:
    place, order = plan.place, plan.order
    yield "[source]"
    yield entry("uri", place.uri)
    for key in ("table", "query"):
        if getattr(place, key):
            yield entry(key, getattr(place, key))
    if place.form != CsvSpec():
        written = {key: value for key, value in place.form if value != getattr(CsvSpec(), key)}
        yield entry("csv", written, "how the file is written")
    if plan.words:
        where = ", ".join(f"{one.word} in {one.column}" for one in plan.spellings[:3])
        yield entry("missing", plan.words, f"as found: {where}" + (" …" if len(plan.spellings) > 3 else ""))
    yield entry("timestamp", order.timestamp, order.why_time)
    if plan.naive or plan.zone != "UTC":
        yield entry("timezone", plan.zone, "times are written without a zone" if plan.naive else "")
    yield entry("key", list(order.key), order.why_key)
    if order.row_number is not None:
        yield entry("row_number", order.row_number, "made: rows are counted as they stand; add new ones at the end")
    yield entry("target", plan.target)
    if plan.timeline.delay:
        yield entry("label_delay", plan.timeline.delay, "the newest rows had no label yet")
    yield from _clock(plan)


def _clock(plan: Plan) -> Iterator[str]:
    clock = plan.source.clock
    if clock is None:
        return
    yield ""
    yield f"[source.clock]                      # {plan.order.timestamp} is made where the rows are read"
    yield entry("kind", clock.kind)
    if isinstance(clock, WrittenClock):
        yield entry("column", clock.column)
        yield entry("formats", clock.formats)
    elif isinstance(clock, PiecesClock):
        yield from (entry(piece, column) for piece, column in clock.columns.items())
        if clock.date_format:
            yield entry("date_format", clock.date_format)
    elif isinstance(clock, RowsClock):
        yield entry(
            "first", clock.first, f"made up: so that the last row was just before {write_time(plan.timeline.as_of)}"
        )
        yield entry("every", clock.every, "made up: rows that are added go on at this pace")
        if clock.spread:
            yield entry("spread", clock.spread, "the file is sorted: its order says nothing of time")


def _contract(plan: Plan) -> Iterator[str]:
    yield "[contract]"
    yield entry("max_quarantined", 0.5 if plan.repeated == "identical" else 0.05)
    least = "the fewest that train, choose and judge: twice gate.min_rows, and that for each of the others"
    yield entry("min_rows", max(10, 4 * plan.timeline.fewest), least)
    if plan.repeated != "refuse":
        yield entry("repeated", plan.repeated, plan.why_repeated)


def _window(plan: Plan) -> Iterator[str]:
    line = plan.timeline
    yield "[window]"
    yield f"# {_rows_said(line)}"
    yield from _train(line)
    yield entry("validation", line.validation, f"{line.chooses:,} rows")
    yield entry("holdout", line.holdout, f"{line.judges:,} rows")
    yield entry("refit", True, "what validation chose learns from its rows, too: they are the newest")


def _train(line: Timeline) -> Iterator[str]:
    if line.recent is None:
        yield entry("train", "all", f"{line.trains:,} rows")
        return
    reason = (
        f"{line.trains:,} rows, or the newest {line.recent.rows:,} alone, since models of newer rows did better "
        "(see the report): validation chooses, anew at each training, for about a quarter more of its time"
    )
    yield entry("train", [line.recent.length, "all"], reason)


def _rows_said(line: Timeline) -> str:
    return f"{line.rows:,} rows from {write_time(line.start)} to {write_time(line.end)}; {describe(line)}"


def _features(plan: Plan) -> Iterator[str]:
    yield "[features]"
    if parts := calendar(plan):
        yield entry("calendar", list(parts), "of the event time")
    if plan.zone != "UTC" and parts:
        yield entry("timezone", plan.zone)
    if texts := plan.learned_by("words"):
        yield entry("text", texts, "free text: what its words say of the target is learned")
    if many := plan.learned_by("statistics"):
        sizes = ", ".join(f"{name} {plan.columns[name].distinct:,}" for name in many)
        yield entry("target_statistics", many, f"many values ({sizes}): each is taken as what its earlier labels were")
    left_out = those(plan.roles, "excluded")
    if not left_out:
        yield "exclude = []"
        return
    yield "exclude = [                                # delete a line to learn from that column"
    for name in left_out:
        yield f"    {write_value(name)},".ljust(COMMENT_AT - 1) + f" # {one_line(plan.roles[name].reason)}"
    yield "]"


def _candidates(plan: Plan) -> Iterator[str]:
    yield "[[candidates]]"
    yield entry("kind", "linear")
    yield ""
    yield "[[candidates]]"
    yield entry("kind", "lightgbm")
    if plan.timeline.trains < _SMALL:
        yield entry("learning_rate", 0.05)
        yield entry(
            "min_leaf_rows", 5, f"so few rows train ({plan.timeline.trains:,}) that leaves of 20 would see little"
        )


def _gate(plan: Plan) -> Iterator[str]:
    line = plan.timeline
    yield "[gate]"
    yield entry("metric", plan.goal.metric)
    if plan.margin is not None:
        yield from (f"# {line}" for line in wrap(plan.margin.reason, WIDTH - 2))
        yield f"margin = {plan.margin.written}"
    if line.block is None:
        yield entry("block", "row", "rows have no time in common" if plan.order.by_rows else "rows lie farther apart")
    elif line.block != timedelta(days=1):
        yield entry("block", line.block, "few days judge")
    if line.fewest != 200:
        yield entry(
            "min_rows", line.fewest, "half of the rows that there are to judge; the gate says what they can tell"
        )
    sensitive = [name for name, role in plan.roles.items() if role.use == "feature" and names.is_sensitive(name)]
    sensitive = [name for name in sensitive if plan.columns[name].distinct <= 20]
    if sensitive and plan.goal.task == "binary":
        yield entry("fairness", {"columns": sensitive}, "sensitive by name: differences are reported")


def _drift(plan: Plan) -> Iterator[str]:
    line = plan.timeline
    yield "[drift]"
    yield entry("window", line.window, f"about {line.rows * (line.window / max(line.covered, line.window)):,.0f} rows")
    yield entry("every", line.every)


def _schedule(plan: Plan) -> Iterator[str]:
    line = plan.timeline
    sign = "" if line.live else "# "
    if not line.live:
        yield f"# The newest row is of {write_time(line.end)}: once rows go on to come:"
    yield f"{sign}[schedule]"
    for key, cron in crons(line):
        yield f'{sign}{key} = "{cron}"'
