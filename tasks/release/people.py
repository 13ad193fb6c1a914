"""Who may decide where MLflow knows people: whoever has EDIT or MANAGE on the model there.

The same promise for a command and for the form of Prefect's pages is not to be had. A command is given the person's
own password, so MLflow says who it is. The form is opened with the one password that all have in common: what is
typed there as a name has to be that of a user who may decide, and nobody has shown to be that user.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from tasks.errors import DecisionRefused, ServerError
from tasks.logins import Login, People

MAY_DECIDE = ("EDIT", "MANAGE")
_SECONDS = 30
"""MLflow hashes a password that it has not seen lately for most of a second, and longer on a busy machine."""


@dataclass(frozen=True)
class Directory:
    """An MLflow server that asks who is there, as one of its users sees it."""

    url: str
    login: Login = field(repr=False)

    def permission(self, person: str, model: str) -> str:
        """Return what ``person`` may do with ``model``: READ, USE, EDIT, MANAGE or nothing of these.

        Anybody may ask for themselves; for others, only an administrator.

        Raises:
            DecisionRefused: MLflow does not know the login, or no such person.
            ServerError: it does not answer.
        """
        asked = {"username": person, "resource_type": "registered_model", "resource_id": model}
        found = str(self._get("api/3.0/mlflow/users/permissions/get", asked, person)["permission"])
        if found in MAY_DECIDE:
            return found
        user = self._get("api/2.0/mlflow/users/get", {"username": person}, person)["user"]
        return (
            "MANAGE" if user["is_admin"] else found
        )  # an administrator needs no permission, and has none written down

    def _get(self, what: str, asked: dict[str, str], person: str) -> Any:  # noqa: ANN401 - JSON
        proof = b64encode(f"{self.login.user}:{self.login.password}".encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - the address is the user's
            f"{self.url}/{what}?{urllib.parse.urlencode(asked)}", headers={"Authorization": f"Basic {proof}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise self._refusal(error, person) from None
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise ServerError(f"MLflow at {self.url}, which knows who may decide, does not answer: {error}") from None

    def _refusal(self, error: urllib.error.HTTPError, person: str) -> DecisionRefused | ServerError:
        with error:
            if error.code == 401:
                return DecisionRefused(f"MLflow at {self.url} does not know {self.login.user} by that password")
            if error.code == 404:
                return DecisionRefused(f"MLflow at {self.url} knows no user {person}; who decides has to be one")
            return ServerError(f"MLflow at {self.url} does not say who may decide: it answers {error.code}")


def identified(people: People, model: str, named: str | None) -> str:
    """Return who decides on ``model`` by a command, as MLflow knows them by their own password.

    Raises:
        DecisionRefused: MLflow does not know them, they may not decide, or ``named`` is somebody else.
        SettingsError: their login is missing.
        ServerError: MLflow does not answer.
    """
    login = people.login()
    if named not in (None, login.user):
        raise DecisionRefused(f"{named} is named, and MLflow's login is that of {login.user}, who decides then")
    _check(Directory(people.url, login), login.user, model)
    return login.user


def check_named(people: People, model: str, person: str) -> None:
    """Check that somebody who is only named, as in a form, is a user of MLflow's who may decide on ``model``.

    Raises: as ``identified``.
    """
    _check(Directory(people.url, people.administrator()), person, model)


def keeps_the_stack_alone(people: People) -> bool:
    """Say whether MLflow does not answer, and this user may read the stack's secrets: whoever keeps the stack.

    They may roll back meanwhile: a champion that does harm must not stay because a server is down.
    """
    return people.stack is not None and not _answers(people.server)


def _answers(server: str | None) -> bool:
    if server is None:
        return False
    try:
        with urllib.request.urlopen(f"{server}/health", timeout=_SECONDS) as answer:  # noqa: S310 - the user's address
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def _check(directory: Directory, person: str, model: str) -> None:
    if (found := directory.permission(person, model)) not in MAY_DECIDE:
        raise DecisionRefused(
            f"{person} may not decide on {model}: MLflow at {directory.url} gives them {found}, and it takes "
            f"{' or '.join(MAY_DECIDE)}"
        )
