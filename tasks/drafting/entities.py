"""Whose the rows are, where a column says so: a spec can then have them know of earlier rows of the same one."""

from collections.abc import Iterator

from tasks.drafting import names
from tasks.drafting.kinds import Column
from tasks.drafting.plan import Plan
from tasks.drafting.toml_lines import write_value
from tasks.markdown import one_line

_FEWEST = 20
"""Different ones, below which a category says as much."""
_ROWS_OF_EACH = 5
"""On average, below which few have a past."""


def entity_of(plan: Plan) -> Column | None:
    """Return the column that says whose each row is, if one does: an id or a category of many, that come again."""
    if plan.order.by_rows:  # what came before is not known
        return None
    found = [column for name, column in plan.columns.items() if _comes_again(column) and _is_known(name, plan)]
    return max(found, key=lambda column: (names.names_rows(column.name), column.distinct), default=None)


def history_lines(plan: Plan) -> Iterator[str]:
    """Yield a section that a person may take up: it is not a choice that the data makes."""
    entity = entity_of(plan)
    if entity is None:
        return
    windows = [plan.timeline.holdout, 4 * plan.timeline.holdout]
    yield f"# {entity.distinct:,} values of {one_line(entity.name)} come again and again. What was before a row, of the"
    yield "# same one and as of its time, can be told to it (docs/history.md; of a column, also mean, last and others):"
    yield "# [[history]]"
    yield f"# by = [{write_value(entity.name)}]"
    yield '# how = ["count", "days_since"]'
    yield f"# over = [{', '.join(write_value(one) for one in windows)}]"


def _comes_again(column: Column) -> bool:
    filled = len(column.values) - column.values.null_count
    named = column.kind in ("id", "category") or (column.is_whole and names.names_rows(column.name))
    return named and _FEWEST <= column.distinct <= filled / _ROWS_OF_EACH


def _is_known(name: str, plan: Plan) -> bool:
    return name not in (plan.target, plan.order.timestamp) and plan.roles[name].use in ("feature", "identifier")
