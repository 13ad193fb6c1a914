"""Who may decide where MLflow knows people: asked of a real MLflow that asks who is there."""

import json
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployments.stack.addresses import Addresses
from deployments.stack.parts import mlflow_pages
from deployments.stack.ports import free_port
from deployments.stack.secrets import secrets_of
from deployments.stack.supervisor import Supervisor
from tasks.errors import DecisionRefused, ServerError, SettingsError
from tasks.logins import Login, People, people
from tasks.release.decisions import Decision
from tasks.release.ledger.book import Ledger
from tasks.release.office import Office
from tasks.release.people import check_named, identified
from tasks.release.promotion import decide
from tasks.release.registrar_process import Followed
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec

PASSWORD = "a-long-password"  # noqa: S105 - of users that live for a test


@dataclass(frozen=True)
class Mlflow:
    """An MLflow that asks who is there."""

    url: str
    administrator: Login

    def ask(self, what: str, body: dict[str, str]) -> None:
        proof = b64encode(f"{self.administrator.user}:{self.administrator.password}".encode()).decode()
        headers = {"Authorization": f"Basic {proof}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/{what}", json.dumps(body).encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=60):
            pass

    def as_user(self, user: str) -> People:
        return People(self.url, Login(user, PASSWORD), self.administrator)


class Nobody:
    """A registrar that is never asked."""

    def follow(self, model: str) -> Followed:
        raise AssertionError(model)


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    """With a model `returns`, on which ada has EDIT, mia MANAGE and bob only what everybody has: READ."""
    settings = load_settings({"PERENNIAL_HOME": str(tmp_path_factory.mktemp("home"))})
    secrets, where, supervisor = secrets_of(settings.home), Addresses(mlflow_port=free_port()), Supervisor(settings)
    try:
        supervisor.start(mlflow_pages(settings, where, secrets))
        made = Mlflow(where.mlflow, Login("perennial", secrets.password))
        made.ask("2.0/mlflow/registered-models/create", {"name": "returns"})
        for name, permission in (("ada", "EDIT"), ("mia", "MANAGE"), ("bob", None)):
            made.ask("2.0/mlflow/users/create", {"username": name, "password": PASSWORD})
            if permission:
                what = {"resource_type": "registered_model", "resource_id": "returns", "permission": permission}
                made.ask("3.0/mlflow/users/permissions/grant", {"username": name, **what})
        yield made
    finally:
        supervisor.stop()


@pytest.mark.server
def test_edit_and_manage_may_decide_by_their_own_password_and_read_may_not(mlflow: Mlflow) -> None:
    assert [identified(mlflow.as_user(name), "returns", None) for name in ("ada", "mia")] == ["ada", "mia"]
    assert identified(People(mlflow.url, mlflow.administrator), "returns", None) == "perennial"
    with pytest.raises(DecisionRefused, match=f"bob may not decide on returns: MLflow at {mlflow.url} gives them READ"):
        identified(mlflow.as_user("bob"), "returns", None)
    with pytest.raises(DecisionRefused, match="gives them READ, and it takes EDIT or MANAGE"):
        identified(mlflow.as_user("ada"), "another_model", None)
    with pytest.raises(DecisionRefused, match="bob is named, and MLflow's login is that of ada"):
        identified(mlflow.as_user("ada"), "returns", "bob")
    with pytest.raises(DecisionRefused, match="does not know ada by that password"):
        identified(replace(mlflow.as_user("ada"), own=Login("ada", "guessed")), "returns", None)


@pytest.mark.server
def test_a_name_in_a_form_has_to_be_that_of_a_user_who_may_decide(mlflow: Mlflow) -> None:
    asked = mlflow.as_user("bob")  # whatever login the worker was started with, the administrator asks
    check_named(asked, "returns", "ada")
    check_named(asked, "returns", "perennial")
    with pytest.raises(DecisionRefused, match="bob may not decide on returns"):
        check_named(asked, "returns", "bob")
    with pytest.raises(DecisionRefused, match="knows no user Ada Lovelace; who decides has to be one"):
        check_named(asked, "returns", "Ada Lovelace")
    with pytest.raises(ServerError, match="does not say who may decide: it answers 403"):
        check_named(replace(asked, stack=None), "returns", "mia")


@pytest.mark.server
def test_an_emergency_does_not_set_aside_who_mlflow_lets_decide(
    mlflow: Mlflow, settings: Settings, spec: ModelSpec
) -> None:
    closed = replace(settings, people=mlflow.as_user("bob"))
    office = Office(closed, spec, Ledger(settings.ledger), Nobody())
    with pytest.raises(DecisionRefused, match="bob may not decide"):
        decide(office, "approve", Decision(1, "bob", "now!", datetime.now(UTC), emergency=True))


def test_a_home_that_was_closed_stays_closed_while_its_servers_are_down(tmp_path: Path) -> None:
    secrets, login = (
        tmp_path / "secrets.json",
        {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": PASSWORD},
    )
    assert people(login, secrets, None) is None
    secrets_of(tmp_path)
    closed = people(login, secrets, None)
    assert closed is not None
    with pytest.raises(SettingsError, match="known to MLflow, which does not run: perennial up --auth"):
        identified(closed, "returns", None)
    assert PASSWORD not in repr(closed)


def test_while_mlflow_does_not_answer_whoever_keeps_the_stack_may_roll_back_and_nothing_else(
    settings: Settings, spec: ModelSpec, tmp_path: Path
) -> None:
    secrets_of(tmp_path)
    closed = people({}, tmp_path / "secrets.json", None)
    assert closed is not None
    office = Office(replace(settings, people=closed), spec, Ledger(settings.ledger), Nobody())
    now = datetime.now(UTC)

    with pytest.raises(DecisionRefused, match="there is no champion to roll back from"):  # so it may, and cannot
        decide(office, "roll back", Decision(1, "ada", "alarms", now))
    with pytest.raises(SettingsError, match="known to MLflow, which does not run"):
        decide(office, "approve", Decision(1, "ada", "now!", now, emergency=True))
    stranger = replace(settings, people=replace(closed, stack=None))
    with pytest.raises(SettingsError, match="known to MLflow, which does not run"):
        decide(Office(stranger, spec, Ledger(settings.ledger), Nobody()), "roll back", Decision(1, "eve", "!", now))


def test_a_missing_login_and_an_impossible_address_are_named(tmp_path: Path) -> None:
    asks = people({"PERENNIAL_PEOPLE": "https://mlflow.example/"}, tmp_path / "secrets.json", None)
    assert asks is not None
    assert asks.url == "https://mlflow.example"
    with pytest.raises(
        SettingsError, match="MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are not set; .*https"
    ):
        identified(asks, "returns", None)
    with pytest.raises(SettingsError, match="PERENNIAL_PEOPLE: found 'mlflow'; allowed: the http or https address"):
        people({"PERENNIAL_PEOPLE": "mlflow"}, tmp_path / "secrets.json", None)
    gone = People(f"http://127.0.0.1:{free_port()}", Login("ada", PASSWORD))
    with pytest.raises(ServerError, match="which knows who may decide, does not answer: .*refused"):
        identified(gone, "returns", None)
