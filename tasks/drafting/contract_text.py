"""A contract, written as a careful person would: loose where the data are loose, each bound with where it came from."""

import json
import keyword
from collections.abc import Iterator, Mapping
from textwrap import wrap

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.drafting import names
from tasks.drafting.kinds import Column
from tasks.drafting.plan import Plan
from tasks.markdown import one_line

_WIDTH = 120
_TAIL = 0.001
"""Of the rows on either side: what lies beyond these quantiles does not stretch a range."""
_SURE = 1_000
"""Rows without a gap, from which on a column may be called complete: at most 0.3 % are missing then (rule of three)."""
_FEW_WORDS = 6
_RESERVED = frozenset(
    {
        "check", "checks", "columns", "empty", "example", "from_", "get_metadata", "known", "pa", "pd",
        "pydantic_validate", "strategy", "to_json_schema", "to_schema", "to_structure_yaml", "to_yaml", "validate",
    }
)  # fmt: skip
"""What a pandera model, or the file, has by these names."""

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
    return title if len(title) < _WIDTH - 4 else "What the target is predicted from."


def _class(model: str) -> str:
    name = "".join(word.capitalize() for word in model.split("_"))
    return f"{name}Rows"


def _fields(plan: Plan) -> Iterator[str]:
    """Yield the lines of the class."""
    taken = set(_RESERVED)
    for name, kind, rules, comment in _columns(plan):
        written = names.identifier(name, taken) if not _is_plain(name, taken) else name
        taken.add(written)
        alias = {} if written == name else {"alias": _text(name)}
        yield from (f"    # {line}" for line in wrap(one_line(comment), _WIDTH - 6))
        yield _field(f"    {written}: Series[{kind}] = ", {**alias, **rules})


def _is_plain(name: str, taken: set[str]) -> bool:
    return (
        name.isascii()
        and name.isidentifier()
        and not name.startswith("_")
        and not keyword.iskeyword(name)
        and name not in taken
    )


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
        low, high = _range(column, loose=column.name in plan.loose)
        rules |= {"ge": _number(low), "le": _number(high)}
    if role.use in ("identifier", "outcome"):
        rules["metadata"] = role.use.upper()
    return rules


def _may_be_missing(column: Column, plan: Plan) -> bool:
    if column.name in plan.order.key:
        return False
    return bool(column.missing) or plan.rows < _SURE or plan.roles[column.name].use == "outcome"


def _range(column: Column, *, loose: bool) -> tuple[float, float]:
    """Return between which values a number may lie: as far again beyond nearly all values as these reach."""
    values = column.values.drop_null().cast(pa.float64(), safe=False)
    tail = 0.0 if loose else _TAIL
    low, high = pc.quantile(values, q=[tail, 1 - tail]).to_pylist()
    room = (high - low) or max(abs(high), 1.0)
    least = 0.0 if pc.min(values).as_py() >= 0 else low - room
    return _rounded(max(least, low - room), down=True), _rounded(high + room, down=False)


def _rounded(bound: float, *, down: bool) -> float:
    """Return ``bound`` with two digits, away from the values.

    >>> _rounded(123.4, down=False), _rounded(123.4, down=True), _rounded(-0.0123, down=True)
    (130.0, 120.0, -0.013)
    """
    if bound == 0:
        return 0.0
    size = 10.0 ** (np.floor(np.log10(abs(bound))) - 1)
    steps = np.floor(bound / size) if down else np.ceil(bound / size)
    return float(f"{steps * size:.2g}")


def _comment(column: Column, plan: Plan) -> str:
    role = plan.roles[column.name]
    parts = [_what(column)]
    if column.missing:
        parts.append(f"missing in {_share(column.missing / plan.rows)}")
    if role.reason:
        parts.append(role.reason)
    return "; ".join(part for part in parts if part)


def _what(column: Column) -> str:
    if column.kind == "number" and column.distinct > _FEW_WORDS:
        values = column.values.drop_null().cast(pa.float64(), safe=False)
        low, high = pc.quantile(values, q=[_TAIL, 1 - _TAIL]).to_pylist()
        unit = names.unit(column.name)
        return f"99.8 % of the values lie from {low:.4g} to {high:.4g}" + (f", {unit} by its name" if unit else "")
    if column.kind in ("category", "flag", "number"):
        return _words(column)
    kinds = {"id": "an id", "text": "free text", "time": "a time", "constant": "", "empty": "", "other": ""}
    return kinds.get(column.kind, "")


def _words(column: Column) -> str:
    counts = pc.value_counts(column.values.drop_null()).to_pylist()
    total = sum(one["counts"] for one in counts)
    ranked = sorted(counts, key=lambda one: (-one["counts"], str(one["values"])))[:_FEW_WORDS]
    shown = ", ".join(f"{str(one['values'])[:24]} {_share(one['counts'] / total)}" for one in ranked)
    return f"{column.distinct:,} values: {shown}" + (", …" if column.distinct > _FEW_WORDS else "")


def _share(share: float) -> str:
    """Return a share for people.

    >>> _share(0.4), _share(0.0312), _share(0.00012)
    ('40 %', '3.1 %', '0.012 %')
    """
    digits = 0 if share >= 0.1 else 1 if share >= 0.001 else 3
    return f"{share:.{digits}%}".replace("%", " %")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e12 else repr(value)


def _text(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return written if '\\"' not in written or "'" in text else "'" + written[1:-1].replace('\\"', '"') + "'"


def _field(start: str, rules: Mapping[str, str]) -> str:
    """Return a column, as ruff would write it."""
    rules = dict(rules)
    maker = "known" if rules.pop("nullable", None) else "pa.Field"
    given = ", ".join(f"{name}={value}" for name, value in rules.items())
    line = f"{start}{maker}({given})"
    return line if len(line) <= _WIDTH else f"{start}{maker}(\n        {given}\n    )"
