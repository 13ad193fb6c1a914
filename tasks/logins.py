"""Logins of MLflow, where its server asks who is there: the person's own, and the stack's administrator's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tasks.errors import SettingsError

PEOPLE = "PERENNIAL_PEOPLE"
ADMINISTRATOR = "perennial"
"""The user that `perennial up --auth` makes."""
_USER, _PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"


@dataclass(frozen=True)
class Login:
    """A user of MLflow's, with the password."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class People:
    """MLflow's users: they decide, as far as it lets them."""

    server: str | None
    """Its address; None: it is to be asked, and does not run now."""
    own: Login | None = None
    """Of the person at the keyboard, from the environment."""
    stack: Login | None = None
    """Of the administrator that `perennial up --auth` made, where this user may know it."""

    @property
    def url(self) -> str:
        if self.server is None:
            raise SettingsError(
                "who decides here is known to MLflow, which does not run: perennial up --auth. (To take names as they "
                "are typed again, delete secrets.json and mlflow_auth.db in the home folder)"
            )
        return self.server

    def login(self) -> Login:
        """Return the person's own login.

        Raises:
            SettingsError: the environment does not have it.
        """
        if self.own is None:
            raise SettingsError(
                f"{_USER} and {_PASSWORD} are not set; by them, whoever decides is known to MLflow at {self.url}"
            )
        return self.own

    def administrator(self) -> Login:
        """Return a login that may ask what others may do: the stack's; else the person's own, if it may."""
        return self.stack or self.login()


def people(env: Mapping[str, str], secrets: Path, server: str | None) -> People | None:
    """Return whose users decide, given the file of the stack's ``secrets`` and its MLflow, if that asks who is there.

    None: nothing asks, and names are taken as they are given. Once a home has been closed it stays so: with its servers
    stopped, nobody decides.
    """
    own = Login(env[_USER], env[_PASSWORD]) if env.get(_USER) and env.get(_PASSWORD) else None
    if named := env.get(PEOPLE):
        if not named.startswith(("http://", "https://")):
            raise SettingsError(f"{PEOPLE}: found {named!r}; allowed: the http or https address of an MLflow server")
        return People(named.rstrip("/"), own)
    return People(server, own, _of_stack(secrets)) if secrets.exists() else None


def _of_stack(secrets: Path) -> Login | None:
    try:
        return Login(ADMINISTRATOR, json.loads(secrets.read_text(encoding="utf-8"))["password"])
    except (OSError, ValueError, KeyError):
        return None
