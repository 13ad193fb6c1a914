"""What a stack that asks who is there asks for: made once, in a file that only the owner of the home may read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tasks.data.atomic import write_text
from tasks.errors import SettingsError
from tasks.logins import ADMINISTRATOR
from tasks.up import SECRETS_FILE

USER = ADMINISTRATOR
_USERS = "mlflow_auth.db"
_AUTH_INI = """[mlflow]
default_permission = READ
database_uri = sqlite:///{database}
admin_username = {user}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
# Without it each request hashes the password for most of a second.
auth_cache_ttl_seconds = 60
"""


@dataclass(frozen=True)
class Secrets:
    """What a person types, and what signs the cookies of MLflow's pages."""

    password: str = field(repr=False)
    """Of the user ``perennial``, in Prefect and in MLflow."""
    signature: str = field(repr=False)

    @property
    def login(self) -> str:
        """The one shared secret that Prefect knows."""
        return f"{USER}:{self.password}"


def secrets_of(home: Path) -> Secrets:
    """Return the secrets of ``home``; the first time they are made.

    Raises:
        SettingsError: others than the owner may read the file, it is damaged, or MLflow knows another password.
    """
    path = home / SECRETS_FILE
    if not path.exists():
        if (users := home / _USERS).exists():
            raise SettingsError(
                f"{path}: is gone, and {users} knows the password that was in it; restore the one, or delete the other"
            )
        _make(path)
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"{path}: others may read it; chmod 600 it, or delete it, and new ones are made")
    try:
        return Secrets(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise SettingsError(f"{path}: cannot be read; delete it, and new ones are made") from None


def _make(path: Path) -> None:
    made = Secrets(secrets.token_urlsafe(24), secrets.token_urlsafe(32))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(made), file)
    part.replace(path)


def mlflow_rules(home: Path) -> Path:
    """Write the rules of MLflow's login, in which there is no secret, and return their file."""
    path = home / "mlflow_auth.ini"
    write_text(path, _AUTH_INI.format(database=home / _USERS, user=USER))
    return path
