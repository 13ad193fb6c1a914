"""One line of a spec: a key, its value, and the reason for it."""

import json
from datetime import timedelta
from textwrap import wrap

from tasks.markdown import one_line
from tasks.spec import write_duration

COMMENT_AT, WIDTH = 44, 120


def entry(key: str, value: object, reason: str = "") -> str:
    """Return ``key = value`` with its reason beside it, or above it where there is no room."""
    written, reason = f"{key} = {write_value(value)}", one_line(reason)
    beside = f"{written:<{COMMENT_AT - 1}} # {reason}"
    if not reason or len(beside) <= WIDTH:
        return beside if reason else written
    return "\n".join([*(f"# {line}" for line in wrap(reason, WIDTH - 2)), written])


def write_value(value: object) -> str:
    """Return ``value`` as TOML has it, on one line."""
    if isinstance(value, timedelta):
        return f'"{write_duration(value)}"'
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(write_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {write_value(one)}" for key, one in value.items()) + " }"
    return str(value).lower() if isinstance(value, bool) else str(value)
