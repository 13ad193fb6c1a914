"""A contract's file with the field of one column changed, and all else of it as a person wrote it."""

import ast

from tasks.drafting.field_text import RESERVED, attribute, comment_lines, number_text, quoted
from tasks.evolution.edits import Added, Bounds, Dropped, Edit, MayBeMissing, Retyped, Words
from tasks.evolution.layout import laid_out
from tasks.evolution.source import ByHand, ContractSource, is_number

_TYPES = ("float", "int", "bool", "str")


def edited(text: str, column: str, edit: Edit, comment: str) -> str:
    """Return the contract ``text`` with ``edit`` of ``column``, and above its field ``comment``.

    Raises:
        ByHand: the place is written in a way that this does not change, with the reason.
    """
    found = ContractSource(text)
    match edit:
        case Added() as added:
            return _with_field(found, column, added, comment)
        case Dropped():
            return _without_field(found, column)
        case Bounds(values=values):
            for name, value in values.items():
                found = _bounded(found, column, name, value)
        case Words(words=words):
            found = _more_words(found, column, words)
        case MayBeMissing():
            found = _nullable(found, column)
        case Retyped(kind=kind):
            found = _retyped(found, column, kind)
    return _commented(laid_out(found, column), column, comment)


def _bounded(source: ContractSource, column: str, name: str, value: float) -> ContractSource:
    call = source.call_of(column)
    node = source.argument(call, name) or _end_of_range(source, call, name)
    if node is None:
        raise ByHand(f"its limit is not written in the field of {column}")
    if not is_number(node):
        raise ByHand(f"its limit is computed: {name}={source.segment(node)}")
    return source.replaced(node, number_text(value))


def _end_of_range(source: ContractSource, call: ast.Call, name: str) -> ast.expr | None:
    """Return where ``in_range`` says the limit."""
    whole = source.argument(call, "in_range")
    if not isinstance(whole, ast.Dict):
        return None
    key = "min_value" if name in ("ge", "gt") else "max_value"
    pairs = zip(whole.keys, whole.values, strict=True)
    return next((value for at, value in pairs if isinstance(at, ast.Constant) and at.value == key), None)


def _more_words(source: ContractSource, column: str, words: tuple[str, ...]) -> ContractSource:
    node = source.argument(source.call_of(column), "isin")
    if node is None:
        raise ByHand(f"its categories are not written in the field of {column}")
    if not isinstance(node, ast.List | ast.Tuple | ast.Set) or not all(_is_text(part) for part in node.elts):
        raise ByHand(f"its categories are computed: isin={source.segment(node)}")
    if not node.elts:
        raise ByHand("its list of categories is empty")
    last, before = node.elts[-1], node.elts[-2:-1]
    apart = before and before[0].lineno != last.lineno
    gap = ",\n" + " " * last.col_offset if apart else ", "
    return source.inserted(source.span(last)[1], "".join(gap + quoted(word) for word in words))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _nullable(source: ContractSource, column: str) -> ContractSource:
    statement = source.field_of(column)
    if statement.value is None:
        return source.inserted(source.span(statement.annotation)[1], f" = {source.maker}(nullable=True)")
    call = source.call_of(column)
    said = source.argument(call, "nullable")
    if said is not None:
        if not (isinstance(said, ast.Constant) and said.value is False):
            raise ByHand(f"whether it may be missing is computed: nullable={source.segment(said)}")
        return source.replaced(said, "True")
    if source.nullable_maker and source.segment(call.func) == source.maker:
        return source.replaced(call.func, source.nullable_maker)
    if not call.keywords:
        return source.inserted(source.span(call)[1] - 1, "nullable=True")
    first, *others = call.keywords
    apart = others and others[0].lineno != first.lineno
    gap = ",\n" + " " * first.col_offset if apart else ", "
    return source.inserted(source.span(first)[0], f"nullable=True{gap}")


def _retyped(source: ContractSource, column: str, kind: str) -> ContractSource:
    annotation = source.field_of(column).annotation
    node = annotation.slice if isinstance(annotation, ast.Subscript) else annotation
    if not isinstance(node, ast.Name) or node.id not in _TYPES:
        raise ByHand(f"its type is written as {source.segment(annotation)}")
    return source.replaced(node, kind)


def _commented(source: ContractSource, column: str, comment: str) -> str:
    start = source.start_of_line(source.field_of(column).lineno)
    lines = "".join(f"{line}\n" for line in comment_lines(comment))
    return source.inserted(start, lines).text


def _without_field(source: ContractSource, column: str) -> str:
    statement = source.field_of(column)
    if where := source.elsewhere(column):
        raise ByHand(f"{where} names {column} as well")
    if len(source.fields) == 1:
        raise ByHand("it is the only column")
    first = statement.lineno
    while source.line(first - 1).strip().startswith("#"):
        first -= 1
    end = source.start_of_line((statement.end_lineno or first) + 1)
    return source.text[: source.start_of_line(first)] + source.text[end:]


def _with_field(source: ContractSource, column: str, added: Added, comment: str) -> str:
    taken = {name for _, name in source.fields} | RESERVED
    written = attribute(column, taken)
    rules = dict(added.rules)
    if metadata := rules.get("metadata"):
        rules["metadata"] = metadata if metadata in source.names else f'{{"role": "{metadata.lower()}"}}'
    alias = {} if written == column else {"alias": quoted(column)}
    maker, missing = (source.nullable_maker, {}) if source.nullable_maker else (source.maker, {"nullable": "True"})
    given = ", ".join(f"{name}={value}" for name, value in {**alias, **missing, **rules}.items())
    last = source.fields[-1][0]
    line = f"    {written}: {source.annotated(added.kind)} = {maker}({given})\n"
    lines = "".join(f"{one}\n" for one in comment_lines(comment)) + line
    text, end = source.text, source.start_of_line((last.end_lineno or last.lineno) + 1)
    before = text[:end] if text[:end].endswith("\n") else f"{text[:end]}\n"
    return laid_out(ContractSource(before + lines + text[end:]), column).text
