"""What `perennial up` says of itself in the home folder: whether it runs, where its servers are, what they ask for."""

import fcntl
import json
from pathlib import Path

UP_LOCK, UP_FILE, SECRETS_FILE = "up.lock", "up.json", "secrets.json"
"""In the home folder: held while `perennial up` runs for it; where its servers are; and what they ask for."""


def is_up(home: Path) -> bool:
    """Say whether `perennial up` runs for ``home``: the kernel lets go of its lock however it ends."""
    try:
        with (home / UP_LOCK).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def said_by_up(home: Path, what: str) -> str | None:
    """Return what `perennial up`, if it runs for ``home``, has written down of itself."""
    if not is_up(home):
        return None
    try:
        return json.loads((home / UP_FILE).read_text(encoding="utf-8"))[what] or None
    except (OSError, ValueError, KeyError):
        return None  # it is just coming up, or going down


def login_of(home: Path) -> str | None:
    """Return what the servers of `perennial up --auth` ask for, if this user may know."""
    if not (user := said_by_up(home, "login")):
        return None
    try:
        password = json.loads((home / SECRETS_FILE).read_text(encoding="utf-8"))["password"]
    except (OSError, ValueError, KeyError):
        return None
    return f"{user}:{password}"
