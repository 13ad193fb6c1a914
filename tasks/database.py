"""A database that the environment names: what its URL may be, and whether its server answers.

A URL may hold a password, so no message shows more of one than its scheme.
"""

import re
from dataclasses import dataclass, field
from importlib.util import find_spec

from tasks.errors import SettingsError

_FORM = "postgresql://user:password@host:port/database (special characters of a password as %40)"
_NAME = r"[^:@/?#\s]"
_SERVER = re.compile(
    rf"postgresql(?:\+(?P<driver>\w+))?(?P<rest>://({_NAME}+(:{_NAME}*)?@)?(\[[\da-f:]+\]|[\w.-]+)?(:\d+)?/{_NAME}+(\?[^#@\s]*)?)"
)
_FILE = re.compile(r"sqlite:////[^?\s]+")
_ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Database:
    """A database, and the variable that names it."""

    variable: str
    url: str | None = field(repr=False)
    """As SQLAlchemy takes it; None: it is not named, and a file in the home folder."""

    def check(self) -> None:
        """Raise a SettingsError if it is on a server that does not answer, or does not let this user in."""
        if not self.url or not (found := _SERVER.fullmatch(self.url)):
            return
        import psycopg

        address = "postgresql" + found["rest"]
        try:
            psycopg.connect(address, connect_timeout=_ANSWER_SECONDS).close()
        except psycopg.Error as error:
            raise SettingsError(
                f"{self.variable}: the database that it names cannot be used: {_first_line(error)}"
            ) from None


def database_url(variable: str, written: str | None, driver: str, *, file: bool = True) -> str | None:
    """Return the URL that a user has ``written``, with the ``driver`` that is used here; None: none is.

    With ``file`` it may be an SQLite file, too.

    Raises:
        SettingsError: it is another kind of database, it cannot be read, or the extra ``postgres`` is not installed.
    """
    if not written or (file and _FILE.fullmatch(written)):
        return written or None
    found = _SERVER.fullmatch(written)
    if not found or found["driver"] not in (None, driver):
        allowed = f"{_FORM} or sqlite:////absolute/path" if file else _FORM
        raise SettingsError(f"{variable}: found {_shown(written)}; allowed: {allowed}")
    if not find_spec("psycopg"):
        raise SettingsError(f"{variable}: PostgreSQL's driver is not installed: pip install 'perennial[postgres]'")
    return f"postgresql+{driver}{found['rest']}"


def _shown(written: str) -> str:
    scheme, is_url, _ = written.partition("://")
    return f"{scheme}://…" if is_url and re.fullmatch(r"[\w+]+", scheme) else "something that is no URL"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
