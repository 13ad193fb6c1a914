"""What is wrong with a spec, in words: file, key, what was found, what is allowed."""

import difflib
import re
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Section = type[BaseModel]

_PYDANTICS_OWN = re.compile(
    r"timedelta$|linear$|lightgbm$|network$|own$|isolation_forest$|last_value$|seasonal$|written$|pieces$|rows$|"
    r"literal\[|function-|Tolerance$|none$"
)
"""Parts of a place that name a choice of types and not a key."""

_ALLOWED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list in [ ]",
    "dict_type": "a table of names and values",
    "model_type": "a section of keys and values",
    "model_attributes_type": "a section of keys and values",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "literal_error": "{expected}",
    "string_pattern_mismatch": "lower-case letters, digits and _ , beginning with a letter",
    "too_short": "at least {min_length}",
    "union_tag_invalid": "kind = {expected_tags}",
    "union_tag_not_found": "a kind: every candidate says which it is",
}


def describe(error: ValidationError, file: str, root: Section) -> str:
    """Return one line for each mistake in a spec: file, key, found, allowed."""
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    sentences = [_sentence(detail, root) for detail in details]
    # A misspelt key is one mistake, and not also a missing one.
    once = [
        s
        for s in sentences
        if not any(f'did you mean "{s[: -len(" is missing")].split(".")[-1]}"' in o for o in sentences)
    ]
    return "\n".join(f"{file}: {sentence}" for sentence in _alternatives(once))


def _alternatives(sentences: list[str]) -> list[str]:
    """Return one sentence for each key and finding, with all that is allowed there."""
    allowed: dict[str, list[str]] = {}
    for sentence in sentences:
        finding, _, rest = sentence.partition("; allowed: ")
        allowed.setdefault(finding, []).append(rest)
    return [f"{finding}; allowed: {', or '.join(rest)}" if any(rest) else finding for finding, rest in allowed.items()]


def _sentence(detail: ErrorDetails, root: Section) -> str:
    path = [part for part in detail["loc"] if not (isinstance(part, str) and _PYDANTICS_OWN.match(part))]
    key = _join(path)
    match detail["type"]:
        case "extra_forbidden":
            return _unknown(path, detail["loc"], root)
        case "missing":
            return f"{key} is missing"
        case "value_error":
            return _own_sentence(key, detail)
    allowed = _ALLOWED.get(detail["type"], detail["msg"]).format(**detail.get("ctx", {}))
    return f"{key}: found {detail['input']!r}; allowed: {allowed}"


def _own_sentence(key: str, detail: ErrorDetails) -> str:
    """Write out an error raised by a validator of ours, as ``allowed`` or as ``key|found|allowed``.

    A key that begins with a dot is one of the section that was looked at.
    """
    message = str(detail["ctx"]["error"])
    if message.count("|") == 2:
        told, found, allowed = message.split("|")
        return f"{key if told.startswith('.') else ''}{told}: found {found!r}; allowed: {allowed}"
    shown = "(hidden)" if "password" in message else repr(detail["input"])
    return f"{key}: found {shown}; allowed: {message}"


def _unknown(path: list[int | str], loc: tuple[int | str, ...], root: Section) -> str:
    known = _keys_at(list(loc[:-1]), root)
    near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
    section = f"[{_join(path[:-1])}]" if path[:-1] else "a spec"
    hint = f'did you mean "{near[0]}"?' if near else f"allowed: {', '.join(known)}"
    return f"{_join(path)} is not a key of {section}; {hint}"


def _keys_at(path: list[int | str], root: Section) -> list[str]:
    """Return the keys allowed in the section that ``path`` leads to."""
    sections = [root]
    for part in path:
        if isinstance(part, str):
            sections = _sections_under(part, sections)
    return sorted({name for section in sections for name in section.model_fields})


def _sections_under(part: str, sections: list[Section]) -> list[Section]:
    """Return the sections that the key ``part`` holds; or, of several kinds of section, the one of that kind."""
    of_kind = [s for s in sections if "kind" in s.model_fields and part in get_args(s.model_fields["kind"].annotation)]
    fields = [s.model_fields[part] for s in sections if part in s.model_fields]
    return of_kind or [section for field in fields for section in _models_in(field.annotation)]


def _models_in(annotation: Any) -> list[Section]:  # noqa: ANN401 - an annotation may be anything
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _join(path: list[int | str]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
