"""Where the stack may listen: on loopback; elsewhere only when it asks who is there."""

from dataclasses import replace
from typing import Any

import pytest

from deployments.stack.addresses import Addresses
from deployments.stack.parts import mlflow_pages, prefect_server
from deployments.stack.ports import free_port
from deployments.stack.up import up
from tasks.errors import SettingsError
from tasks.settings import Settings
from tasks.up import is_up

EVERYWHERE = Addresses(host="0.0.0.0")  # noqa: S104 - nothing is started


@pytest.mark.parametrize("host", ["0.0.0.0", "203.0.113.7"])  # noqa: S104
def test_listening_elsewhere_than_on_loopback_without_asking_who_is_there_is_refused(
    host: str, settings: Settings
) -> None:
    where = Addresses(free_port(), free_port(), host)
    with pytest.raises(SettingsError, match=f"--host {host}: other machines could reach it, and nobody would be asked"):
        up(settings, where, print)
    assert not is_up(settings.home)
    assert not settings.home.exists()


def test_loopback_needs_no_password_and_all_addresses_are_allowed_with_one() -> None:
    Addresses().check(auth=False)
    replace(EVERYWHERE, host="127.0.0.2").check(auth=False)
    EVERYWHERE.check(auth=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"host": "localhost"}, "--host: found 'localhost'; allowed: an IPv4 address of this machine, or 0.0.0.0"),
        ({"host": "203.0.113.7"}, "--host 203.0.113.7: is no address of this machine"),
        ({"prefect_proxy": "prefect.example"}, "--prefect-url: found 'prefect.example'; allowed: .* https://prefect"),
        ({"mlflow_proxy": "https://a.example/ml"}, "--mlflow-url: found 'https://a.example/ml'; allowed: an address"),
    ],
)
def test_an_address_that_cannot_be_used_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        replace(Addresses(), **changes).check(auth=True)


def test_both_servers_listen_where_they_are_told_and_this_machine_asks_them_nearby(settings: Settings) -> None:
    for part in (prefect_server(settings, EVERYWHERE), mlflow_pages(settings, EVERYWHERE)):
        words = part.command
        assert words[words.index("--host") + 1] == EVERYWHERE.host
        assert part.health
        assert part.health.startswith("http://127.0.0.1:")


def test_pages_behind_a_proxy_are_told_what_people_type(settings: Settings) -> None:
    where = Addresses(prefect_proxy="https://prefect.example", mlflow_proxy="https://mlflow.example:8443")
    assert prefect_server(settings, where).variables["PREFECT_SERVER_UI_API_URL"] == "https://prefect.example/api"
    found = mlflow_pages(settings, where).variables
    assert found["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "https://mlflow.example:8443"
    assert {"mlflow.example", "mlflow.example:*", "127.0.0.1:*"} <= set(found["MLFLOW_SERVER_ALLOWED_HOSTS"].split(","))
    assert "MLFLOW_SERVER_ALLOWED_HOSTS" not in mlflow_pages(settings, Addresses()).variables
