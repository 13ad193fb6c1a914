"""How one column of a contract is written: its bounds, the comment on where they came from, and its line."""

import json
import keyword
from collections.abc import Collection, Iterator, Mapping
from textwrap import wrap

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.drafting import names
from tasks.drafting.kinds import Column
from tasks.markdown import one_line

WIDTH = 120
TAIL = 0.001
"""Of the rows on either side: what lies beyond these quantiles does not stretch a range."""
_FEW_WORDS = 6
RESERVED = frozenset(
    {
        "check", "checks", "columns", "empty", "example", "from_", "get_metadata", "known", "pa", "pd",
        "pydantic_validate", "strategy", "to_json_schema", "to_schema", "to_structure_yaml", "to_yaml", "validate",
    }
)  # fmt: skip
"""What a pandera model, or the file, has by these names."""


def attribute(name: str, taken: Collection[str]) -> str:
    """Return the name of the field of column ``name``: its own, where Python takes it and nothing else has it."""
    return name if _is_plain(name, taken) else names.identifier(name, set(taken))


def _is_plain(name: str, taken: Collection[str]) -> bool:
    return (
        name.isascii()
        and name.isidentifier()
        and not name.startswith("_")
        and not keyword.iskeyword(name)
        and name not in taken
    )


def comment_lines(comment: str) -> Iterator[str]:
    """Yield a comment on a field, wrapped."""
    yield from (f"    # {line}" for line in wrap(one_line(comment), WIDTH - 6))


def range_of(values: pa.ChunkedArray, *, loose: bool) -> tuple[float, float]:
    """Return between which values a number may lie: as far again beyond nearly all values as these reach."""
    values = values.drop_null().cast(pa.float64(), safe=False)
    tail = 0.0 if loose else TAIL
    low, high = pc.quantile(values, q=[tail, 1 - tail]).to_pylist()
    room = (high - low) or max(abs(high), 1.0)
    least = 0.0 if pc.min(values).as_py() >= 0 else low - room
    return rounded(max(least, low - room), down=True), rounded(high + room, down=False)


def rounded(bound: float, *, down: bool) -> float:
    """Return ``bound`` with two digits, away from the values.

    >>> rounded(123.4, down=False), rounded(123.4, down=True), rounded(-0.0123, down=True)
    (130.0, 120.0, -0.013)
    """
    if bound == 0:
        return 0.0
    size = 10.0 ** (np.floor(np.log10(abs(bound))) - 1)
    steps = np.floor(bound / size) if down else np.ceil(bound / size)
    return float(f"{steps * size:.2g}")


def where_values_lie(values: pa.ChunkedArray) -> str:
    """Return between what nearly all values lie, in words."""
    values = values.drop_null().cast(pa.float64(), safe=False)
    low, high = pc.quantile(values, q=[TAIL, 1 - TAIL]).to_pylist()
    return f"99.8 % of the values lie from {low:.4g} to {high:.4g}"


def what_is_told(column: Column) -> str:
    """Return what a column holds, in words."""
    if column.kind == "number" and column.distinct > _FEW_WORDS:
        unit = names.unit(column.name)
        return where_values_lie(column.values) + (f", {unit} by its name" if unit else "")
    if column.kind in ("category", "flag", "number"):
        return _words(column)
    kinds = {"id": "an id", "text": "free text", "time": "a time", "constant": "", "empty": "", "other": ""}
    return kinds.get(column.kind, "")


def _words(column: Column) -> str:
    counts = pc.value_counts(column.values.drop_null()).to_pylist()
    total = sum(one["counts"] for one in counts)
    ranked = sorted(counts, key=lambda one: (-one["counts"], str(one["values"])))[:_FEW_WORDS]
    shown = ", ".join(f"{str(one['values'])[:24]} {share_text(one['counts'] / total)}" for one in ranked)
    return f"{column.distinct:,} values: {shown}" + (", …" if column.distinct > _FEW_WORDS else "")


def share_text(share: float) -> str:
    """Return a share for people.

    >>> share_text(0.4), share_text(0.0312), share_text(0.00012)
    ('40 %', '3.1 %', '0.012 %')
    """
    digits = 0 if share >= 0.1 else 1 if share >= 0.001 else 3
    return f"{share:.{digits}%}".replace("%", " %")


def number_text(value: float) -> str:
    """Return a number as Python writes it.

    >>> number_text(130.0), number_text(0.05)
    ('130', '0.05')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e12 else repr(value)


def quoted(text: str) -> str:
    """Return a text as ruff would write it."""
    written = json.dumps(text, ensure_ascii=False)
    return written if '\\"' not in written or "'" in text else "'" + written[1:-1].replace('\\"', '"') + "'"


def field_line(start: str, rules: Mapping[str, str]) -> str:
    """Return a column, as ruff would write it."""
    rules = dict(rules)
    maker = "known" if rules.pop("nullable", None) else "pa.Field"
    given = ", ".join(f"{name}={value}" for name, value in rules.items())
    line = f"{start}{maker}({given})"
    return line if len(line) <= WIDTH else f"{start}{maker}(\n        {given}\n    )"
