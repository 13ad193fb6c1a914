"""A field that has become too long for its line, laid out as ruff would."""

import ast

from tasks.drafting.field_text import WIDTH
from tasks.evolution.source import ByHand, ContractSource


def laid_out(source: ContractSource, column: str) -> ContractSource:
    """Return ``source`` with the field of ``column`` in as many lines as it needs.

    Raises:
        ByHand: it does not fit, and is written over several lines already.
    """
    statement = source.field_of(column)
    last = statement.end_lineno or statement.lineno
    if all(len(source.line(number)) <= WIDTH for number in range(statement.lineno, last + 1)):
        return source
    call = statement.value
    if last != statement.lineno or not isinstance(call, ast.Call) or call.args:
        raise ByHand(f"the field of {column} would become too long for its lines")
    start, end = source.span(call)
    return ContractSource(source.text[:start] + _call(source, call) + source.text[end:])


def _call(source: ContractSource, call: ast.Call) -> str:
    given = [source.segment(one) for one in call.keywords]
    line = f"        {', '.join(given)}"
    if len(line) <= WIDTH:
        inside = f"{line}\n"
    else:
        parts = zip(call.keywords, given, strict=True)
        inside = "".join(f"        {_argument(source, one, text)},\n" for one, text in parts)
    return f"{source.segment(call.func)}(\n{inside}    )"


def _argument(source: ContractSource, one: ast.keyword, text: str) -> str:
    if len(text) + 9 <= WIDTH or not isinstance(one.value, ast.List):
        return text
    parts = "".join(f"            {source.segment(part)},\n" for part in one.value.elts)
    return f"{one.arg}=[\n{parts}        ]"
