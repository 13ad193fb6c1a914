"""A contract, written as a careful person would: loose where the data are loose, each bound with where it came from."""

from collections.abc import Iterator

import pyarrow as pa

from tasks.drafting.field_text import (
    RESERVED,
    WIDTH,
    attribute,
    comment_lines,
    field_line,
    number_text,
    quoted,
    range_of,
    share_text,
    what_is_told,
)
from tasks.drafting.kinds import Column
from tasks.drafting.plan import Plan
from tasks.markdown import one_line

_SURE = 1_000
"""Rows without a gap, from which on a column may be called complete: at most 0.3 % are missing then (rule of three)."""

_HEAD = '''"""{title}

Drafted from {rows:,} rows of {uri}, to be read and owned by a person. Ranges come from quantiles
with room, not from the extremes that happened to occur; a new category is let through: a model takes it as missing, and
a check tells of it.
"""
'''
_KNOWN = '''

def known(**rules: Any) -> Any:  # noqa: ANN401
    """A column that may be missing."""
    return pa.Field(nullable=True, **rules)
'''
_ROLES = {
    "OUTCOME": '''
OUTCOME = {"role": "outcome"}
"""Known only afterwards: kept away from every feature. Take it off a column to learn from that one again."""
''',
    "IDENTIFIER": '''
IDENTIFIER = {"role": "identifier"}
"""Known beforehand, but it names something instead of describing it: never learned from."""
''',
}


def write_contract(plan: Plan) -> str:
    """Return the text of ``data_contracts/<model>.py``."""
    fields = "\n".join(_fields(plan))
    uses_known = "known(" in fields
    imports = ["import pandas as pd"] if "pd." in fields else []
    text = _HEAD.format(title=_title(plan), rows=plan.rows, uri=one_line(plan.place.uri).replace("\\", "/"))
    text += "\nfrom typing import Any\n" if uses_known else ""
    text += (
        "\n" + "\n".join([*imports, "import pandera.pandas as pa", "from pandera.typing.pandas import Series"]) + "\n"
    )
    text += "".join(lines for name, lines in _ROLES.items() if f"metadata={name}" in fields)
    text += _KNOWN if uses_known else ""
    return f'{text}\n\nclass {_class(plan.model)}(pa.DataFrameModel):\n    """One row."""\n\n{fields}\n'


def _title(plan: Plan) -> str:
    title = one_line(f"What {plan.target} is predicted from.").replace('"', "'").replace("\\", "/")
    return title if len(title) < WIDTH - 4 else "What the target is predicted from."


def _class(model: str) -> str:
    name = "".join(word.capitalize() for word in model.split("_"))
    return f"{name}Rows"


def _fields(plan: Plan) -> Iterator[str]:
    """Yield the lines of the class."""
    taken = set(RESERVED)
    for name, kind, rules, comment in _columns(plan):
        written = attribute(name, taken)
        taken.add(written)
        alias = {} if written == name else {"alias": quoted(name)}
        yield from comment_lines(comment)
        yield field_line(f"    {written}: Series[{kind}] = ", {**alias, **rules})


def _columns(plan: Plan) -> Iterator[tuple[str, str, dict[str, str], str]]:
    """Yield of each column its name, its type, its rules as they are written, and what a comment says."""
    order = plan.order
    made = order.timestamp not in plan.columns
    time = "pd.DatetimeTZDtype", {"dtype_kwargs": '{"unit": "us", "tz": "UTC"}'}
    if made:
        yield order.timestamp, *time, f"the event time: {order.why_time}"
    if order.row_number is not None:
        yield order.row_number, "int", {"ge": "0", "metadata": "IDENTIFIER"}, f"the key: {order.why_key}"
    for name, column in plan.columns.items():
        role = plan.roles[name]
        if name == order.timestamp:
            yield name, *time, f"the event time: {order.why_time}"
        elif role.use != "unread":
            rules = _rules(column, plan)
            yield name, _type(column, plan), rules, _comment(column, plan)


def _type(column: Column, plan: Plan) -> str:
    if column.kind == "time":
        return (
            "pd.DatetimeTZDtype"
            if pa.types.is_timestamp(column.values.type) or pa.types.is_date(column.values.type)
            else "str"
        )
    if pa.types.is_boolean(column.values.type):
        return "bool"
    codes = column.name == plan.target and plan.goal.task != "regression"
    if pa.types.is_integer(column.values.type):
        return "int" if codes or column.name in plan.order.key or column.kind == "id" else "float"
    if pa.types.is_floating(column.values.type) or pa.types.is_null(column.values.type):
        return "float"
    return "str"


def _rules(column: Column, plan: Plan) -> dict[str, str]:
    role = plan.roles[column.name]
    rules: dict[str, str] = {}
    if _may_be_missing(column, plan):
        rules["nullable"] = "True"
    if column.kind == "time" and _type(column, plan) != "str":
        rules["dtype_kwargs"] = '{"unit": "us", "tz": "UTC"}'
    if column.kind == "number" and column.name != plan.target:
        low, high = range_of(column.values, loose=column.name in plan.loose)
        rules |= {"ge": number_text(low), "le": number_text(high)}
    if role.use in ("identifier", "outcome"):
        rules["metadata"] = role.use.upper()
    return rules


def _may_be_missing(column: Column, plan: Plan) -> bool:
    if column.name in plan.order.key:
        return False
    return bool(column.missing) or plan.rows < _SURE or plan.roles[column.name].use == "outcome"


def _comment(column: Column, plan: Plan) -> str:
    role = plan.roles[column.name]
    parts = [what_is_told(column)]
    if column.missing:
        parts.append(f"missing in {share_text(column.missing / plan.rows)}")
    if role.reason:
        parts.append(role.reason)
    return "; ".join(part for part in parts if part)
