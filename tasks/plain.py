"""Records as JSON's own types, and back."""

from dataclasses import asdict, is_dataclass
from datetime import datetime
from math import isfinite, nan
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def write(record: Any) -> Any:  # noqa: ANN401 - any of the types that records are made of
    """Return ``record`` as dicts, lists, text and numbers; null stands for nan, and times are ISO 8601."""
    match record:
        case dict():
            return {name: write(part) for name, part in record.items()}
        case list() | tuple():
            return [write(part) for part in record]
        case datetime():
            return record.isoformat()
        case float() if not isfinite(record):
            return None
    return write(asdict(record)) if is_dataclass(record) and not isinstance(record, type) else record


def read(kind: Any, found: Any) -> Any:  # noqa: ANN401 - any of the types that records are made of
    """Return what ``write`` wrote of a ``kind``: a frozen dataclass, or what stands in its fields."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if found is None else read(next(part for part in inner if part is not NoneType), found)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: read(hints[name], value) for name, value in found.items()})  # type: ignore[operator]
    if origin is tuple:
        return tuple(read(inner[0], value) for value in found)
    if origin is dict:
        return {name: read(inner[1], value) for name, value in found.items()}
    if kind is datetime:
        return datetime.fromisoformat(found)
    return nan if kind is float and found is None else found
